/** Reads what a study left, from its folder or its file, or says what is wrong with it. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeText, type JsonSchema, printable, readBytes, UserError, validate } from '#scenario';
import { capacitySchema, ciSchema, comparisonSchema, gpuStudySchema, sweepResultSchema } from './study-schemas.ts';

const MOST_BYTES = 1024 ** 3;

interface StudyKind {
  /** What its command calls it. */
  readonly file: string;
  /** Without its version. */
  readonly format: string;
  readonly schema: JsonSchema;
}

const KINDS = {
  comparison: { file: 'comparison.json', format: 'wavetank-comparison', schema: comparisonSchema },
  sweep: { file: 'sweep.json', format: 'wavetank-sweep', schema: sweepResultSchema },
  capacity: { file: 'capacity.json', format: 'wavetank-capacity', schema: capacitySchema },
  ci: { file: 'ci.json', format: 'wavetank-ci', schema: ciSchema },
  'gpu-study': {
    file: 'gpu-study.json',
    format: 'wavetank-gpu-study',
    schema: { anyOf: [gpuStudySchema, { type: 'array', items: gpuStudySchema, minItems: 1 }] },
  },
} as const satisfies Readonly<Record<string, StudyKind>>;

export type StudyName = keyof typeof KINDS;

export interface FoundStudy {
  readonly kind: StudyName;
  readonly folder: string;
  readonly file: string;
  /** As its schema has it. */
  readonly study: unknown;
}

const VERSION_READ = 1;

/** Undefined where there is no study: no folder with one of its files, and no such file. */
export function readStudy(path: string): FoundStudy | undefined {
  const names = Object.keys(KINDS) as StudyName[];
  const inside = names.map((kind) => join(path, KINDS[kind].file)).find((file) => existsSync(file));
  const isFile = path.endsWith('.json');
  if (inside === undefined && !isFile) return undefined;
  const file = inside ?? path;
  const value = parsed(file);
  const format = formatOf(value);
  const kind = names.find((name) => format.startsWith(`${KINDS[name].format}/`));
  if (kind === undefined) {
    if (inside === undefined) return undefined;
    throw UserError.at({ file }, `is no study of Wavetank ('format' is ${printable(JSON.stringify(format), 60)})`);
  }
  checkVersion(file, format);
  const [mistake] = validate(KINDS[kind].schema, { file, value, headComment: '', placeOf: () => ({ file }) }, 'the study');
  if (mistake !== undefined) throw UserError.at({ file }, `is not a whole ${KINDS[kind].format} result: ${mistake.message}`);
  return { kind, folder: dirname(file), file, study: value };
}

/** Throws where 'name/version' is not the version that is read here. */
export function checkVersion(file: string, format: string): void {
  const version = format.slice(format.indexOf('/') + 1);
  if (version === String(VERSION_READ)) return;
  const isNewer = /^\d+$/.test(version) && Number(version) > VERSION_READ;
  throw UserError.at(
    { file },
    `is of format ${printable(format, 60)}, which this Wavetank does not read (it reads version ${VERSION_READ})${isNewer ? ': a newer one wrote it' : ''}`,
  );
}

/** The 'format' of a value, or of the first of a list; '' where there is none. */
export function formatOf(value: unknown): string {
  const one = (Array.isArray(value) ? value[0] : value) as { readonly format?: unknown } | null | undefined;
  return typeof one?.format === 'string' ? one.format : '';
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(decodeText(readBytes(file, MOST_BYTES), file));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file }, `is not JSON: ${printable((error as Error).message, 200)}`);
  }
}
