/** explain.gz: the schedulers' journals of a run, for `wavetank explain`. A line of JSON says what lies where; then, scheduler by scheduler, its texts as
 *  JSON and its words as they are. In gzip members of a few megabytes, one after another. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '#scenario';
import { type ExplainMode, JOURNAL, type Journal } from '#scheduler';
import type { HostSpec, RecordedRun, WorldSpec } from '#sim';

export const EXPLAIN_FILE = 'explain.gz';
const FORMAT = 'wavetank-explain/1';
const MEMBER = 4_000_000;

export type ExplainChoice = ExplainMode | 'none';

/** One scheduler's journal. A scheduler that was restarted leaves one for each of its lives. */
export interface SchedulerJournal {
  readonly host: string;
  readonly journal: Journal;
}

interface Part extends Omit<Journal, 'texts' | 'words'> {
  readonly host: string;
  readonly textBytes: number;
  readonly wordBytes: number;
}
interface Head {
  readonly format: string;
  readonly explain: ExplainChoice;
  readonly version: string;
  readonly digest: string;
  /** The end of the run's last time bucket, microseconds. */
  readonly endsAt: number;
  readonly journals: readonly Part[];
}

/** The world with its schedulers keeping journals. */
export function withJournals(world: WorldSpec, choice: ExplainChoice): WorldSpec {
  if (choice === 'none') return world;
  const hosts = world.hosts.map((host) =>
    host.program === 'scheduler' ? { ...host, config: { ...(host.config as object), explain: choice } } : host,
  );
  return { ...world, hosts };
}

const wordBytes = (words: Int32Array): Buffer => {
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
};

export function explainBytes(
  recorded: RecordedRun,
  hosts: readonly HostSpec[],
  about: Pick<Head, 'explain' | 'version' | 'digest'>,
): Uint8Array {
  const kept = recorded.kept.filter(({ name }) => name === JOURNAL);
  const bodies: Buffer[] = [];
  const journals = kept.map(({ host, data }): Part => {
    const { texts, words, ...rest } = data as Journal;
    const text = Buffer.from(JSON.stringify(texts));
    const numbers = wordBytes(words);
    bodies.push(text, numbers);
    return { ...rest, host: hosts[host]?.name ?? `host ${host}`, textBytes: text.length, wordBytes: numbers.length };
  });
  const head: Head = { format: FORMAT, ...about, endsAt: recorded.buckets * recorded.bucket, journals };
  const members = [Buffer.from(`${JSON.stringify(head)}\n`), ...bodies].flatMap((body) =>
    Array.from({ length: Math.ceil(body.length / MEMBER) }, (_, i) => gzipSync(body.subarray(i * MEMBER, (i + 1) * MEMBER), { level: 1 })),
  );
  return Buffer.concat(members);
}

/** What a run left to be explained. */
export interface Explainable {
  readonly file: string;
  readonly explain: ExplainChoice;
  readonly version: string;
  readonly digest: string;
  readonly endsAt: number;
  readonly journals: readonly SchedulerJournal[];
}

/** `path`: the directory of a run, or one file of it. Throws UserError. */
export function readExplainFile(path: string): Explainable {
  const file = fileIn(path);
  let bytes: Buffer;
  try {
    bytes = gunzipSync(readFileSync(file));
  } catch (error) {
    throw UserError.at({ file }, `cannot be read as a run's journal: ${(error as Error).message}`);
  }
  const line = bytes.indexOf('\n');
  let head: Head | undefined;
  try {
    head = JSON.parse(bytes.toString('utf8', 0, Math.max(line, 0))) as Head;
  } catch {
    head = undefined;
  }
  if (head?.format !== FORMAT)
    throw UserError.at({ file }, `expected a journal of the form ${FORMAT}, found ${head?.format ?? 'something else'}`);
  let at = line + 1;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw UserError.at({ file }, 'ends too early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const journals = head.journals.map(({ host, textBytes, wordBytes: length, ...rest }): SchedulerJournal => {
    const texts = JSON.parse(take(textBytes).toString('utf8')) as string[];
    const numbers = Buffer.from(take(length));
    if (endianness() !== 'LE') numbers.swap32();
    return { host, journal: { ...rest, texts, words: new Int32Array(numbers.buffer, numbers.byteOffset, length / 4) } };
  });
  const { explain, version, digest, endsAt } = head;
  return { file, explain, version, digest, endsAt, journals };
}

function fileIn(path: string): string {
  if (!existsSync(path)) throw UserError.at({}, `${path}: there is no such directory`);
  if (!statSync(path).isDirectory()) return path;
  const whole = join(path, EXPLAIN_FILE);
  if (existsSync(whole)) return whole;
  const parts = readdirSync(path).filter((name) => name.endsWith(`.${EXPLAIN_FILE}`));
  if (parts.length === 1) return join(path, parts[0] as string);
  if (parts.length > 1) {
    const names = parts.sort().map((name) => join(path, name));
    throw UserError.at({}, `${path}: holds several runs; name one of ${names.join(', ')}`);
  }
  throw UserError.at({}, `${path}: holds no ${EXPLAIN_FILE}; is it the directory of a run (--out)?`);
}
