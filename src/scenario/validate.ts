/** Judges a value by a JSON schema and says what is wrong with it in words a newcomer understands, each at its line and column. */

import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { DEVICE_FORMATS } from './device-formats.ts';
import { nearest } from './nearest.ts';
import type { JsonSchema } from './schema-pieces.ts';
import type { Source } from './source.ts';
import { isQuantity, parseBytes, parseDuration, parsePercent } from './units.ts';
import { type Mistake, printable } from './user-error.ts';

/** What each format means, for ajv and for people. */
const FORMATS: Readonly<Record<string, { readonly accepts: (value: string | number) => boolean; readonly expected: string }>> = {
  'duration-with-unit': {
    accepts: (value) => parseDuration(value) !== undefined,
    expected: 'a duration with its unit (us, ms, s, m, h, d), such as 500ms, 30s or 1h30m',
  },
  percent: { accepts: (value) => parsePercent(value) !== undefined, expected: "a percentage from '0 %' to '100 %'" },
  quantity: { accepts: isQuantity, expected: 'a Kubernetes quantity that is not negative, such as 500m, 2 or 4Gi' },
  bytes: { accepts: (value) => parseBytes(value) !== undefined, expected: 'a size that is not negative, such as 120MiB or 8GB' },
  ...DEVICE_FORMATS,
};

// Optimizing the code and writing definitions out where they are referred to takes longer than a scenario's check.
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  strictNumbers: true,
  verbose: true,
  inlineRefs: false,
  code: { optimize: false },
});
// Formats of ajv see one type each: a keyword of our own sees both strings and numbers.
ajv.removeKeyword('format');
ajv.addKeyword({
  keyword: 'format',
  schemaType: 'string',
  validate: (name: string, value: unknown) =>
    (typeof value !== 'string' && typeof value !== 'number') || (FORMATS[name]?.accepts(value) ?? true),
});

// `ascending: [a, b]`: where both are durations, the first is no longer than the second.
ajv.addKeyword({
  keyword: 'ascending',
  schemaType: 'array',
  validate: ([low, high]: readonly [string, string], value: Readonly<Record<string, unknown>>) => {
    const [least, most] = [parseDuration(value[low]), parseDuration(value[high])];
    return least === undefined || most === undefined || least <= most;
  },
});

const compiled = new WeakMap<JsonSchema, ReturnType<typeof ajv.compile>>();

/** `what` names the whole file. */
export function validate(schema: JsonSchema, source: Source, what = 'the scenario'): readonly Mistake[] {
  let check = compiled.get(schema);
  if (check === undefined) {
    check = ajv.compile(schema);
    compiled.set(schema, check);
  }
  if (check(source.value)) return [];
  // A misspelt key explains the missing one that was meant.
  const misspelt = new Set<string>();
  for (const { keyword, instancePath, params, parentSchema } of check.errors ?? []) {
    const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {});
    if (keyword === 'additionalProperties') misspelt.add(`${instancePath}/${nearest(String(params['additionalProperty']), known)}`);
  }
  // Where an entry has no kind or several, what each kind would want is beside the point.
  const kindless = (check.errors ?? []).filter(({ keyword }) => keyword === 'maxProperties' || keyword === 'minProperties');
  const explained = (error: ErrorObject): boolean =>
    kindless.some(({ instancePath }) => error.instancePath.startsWith(`${instancePath}/`)) ||
    (error.keyword === 'required' && misspelt.has(`${error.instancePath}/${String(error.params['missingProperty'])}`));
  // An unknown key comes first where both have one place.
  const rank = (error: ErrorObject): number => (error.keyword === 'additionalProperties' ? 0 : 1);
  const errors = relevant(check.errors ?? [])
    .filter((error) => !explained(error))
    .sort((a, b) => rank(a) - rank(b));
  const mistakes: Mistake[] = [];
  const seen = new Set<string>();
  for (const error of errors) {
    const mistake = inWords(error, source, what);
    const key = `${mistake.line}:${mistake.column}`;
    if (!seen.has(key)) mistakes.push(mistake);
    seen.add(key);
  }
  return mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** Of an `anyOf` only the deepest complaints matter: they belong to the alternative that was meant. */
function relevant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const groups = errors.filter((error) => error.keyword === 'anyOf');
  const dropped = new Set<ErrorObject>();
  for (const group of groups) {
    const inside = errors.filter(
      (error) =>
        error !== group && error.schemaPath.startsWith(`${group.schemaPath}/`) && error.instancePath.startsWith(group.instancePath),
    );
    const deeper = inside.filter(
      (error) => error.instancePath.length > group.instancePath.length || error.keyword === 'additionalProperties',
    );
    if (deeper.length > 0) {
      dropped.add(group);
      const deepest = Math.max(...deeper.map((error) => error.instancePath.length));
      for (const error of inside) if (!deeper.includes(error) || error.instancePath.length < deepest) dropped.add(error);
      continue;
    }
    // A scalar where the scalar alternative refused it for its form: that one says best what is wrong.
    const form = inside.find(
      (error) => error.keyword !== 'type' && error.keyword !== 'required' && error.instancePath === group.instancePath,
    );
    for (const error of inside) if (error !== form) dropped.add(error);
    if (form !== undefined) dropped.add(group);
  }
  return errors.filter((error) => !dropped.has(error));
}

const pathOf = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));

function inWords(error: ErrorObject, source: Source, what: string): Mistake {
  const path = pathOf(error.instancePath);
  const name = path.length === 0 ? what : `'${readable(path)}'`;
  if (error.keyword === 'additionalProperties') return unknownKey(error, path, source);
  const place = source.placeOf(path);
  if (error.keyword === 'required')
    return { ...source.placeOf(path, true), message: `${name} lacks '${String(error.params['missingProperty'])}'` };
  const found = describe(error.data);
  if (error.keyword === 'format')
    return { ...place, message: `${name}: ${found} is not ${FORMATS[String(error.schema)]?.expected ?? 'valid'}` };
  if (error.keyword === 'minimum')
    return { ...place, message: `${name} must be at least ${String(error.params['limit'])}, found ${found}` };
  if (error.keyword === 'maximum') return { ...place, message: `${name} must be at most ${String(error.params['limit'])}, found ${found}` };
  if (error.keyword === 'enum')
    return {
      ...place,
      message: `${name}: expected one of ${(error.schema as readonly unknown[]).join(', ')}; found ${found}${hint(error)}`,
    };
  if (error.keyword === 'pattern')
    return {
      ...place,
      message: `${name}: ${found} is not ${path.length === 1 ? 'a name for a file (letters, digits, space and . _ -)' : "a DNS label (lower case letters, digits and '-')"}`,
    };
  if (error.keyword === 'exclusiveMinimum')
    return { ...place, message: `${name} must be more than ${String(error.params['limit'])}, found ${found}` };
  if (error.keyword === 'ascending') {
    const [low, high] = error.schema as readonly [string, string];
    const values = error.data as Readonly<Record<string, unknown>>;
    return {
      ...place,
      message: `${name}: '${low}' must not exceed '${high}', found ${describe(values[low])} and ${describe(values[high])}`,
    };
  }
  if (error.keyword === 'minItems') return { ...place, message: `${name} must not be empty` };
  if (error.keyword === 'minProperties' || error.keyword === 'maxProperties')
    return { ...place, message: `${name}: expected exactly one key that names the kind` };
  const schema = error.parentSchema as { description?: string; type?: unknown; format?: string } | undefined;
  const expected =
    (schema?.format === undefined ? undefined : FORMATS[schema.format]?.expected) ??
    typeWords(schema?.type) ??
    schema?.description ??
    'something else';
  return {
    ...place,
    message: `${name}: expected ${expected}${error.keyword === 'anyOf' && schema?.description !== undefined && schema.description !== expected ? ` (${schema.description})` : ''}, found ${found}`,
  };
}

function unknownKey(error: ErrorObject, path: readonly (string | number)[], source: Source): Mistake {
  const key = String(error.params['additionalProperty']);
  const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
  const near = nearest(key, known);
  const advice = near !== undefined ? `did you mean '${near}'?` : `known here: ${listed(known)}`;
  return {
    ...source.placeOf([...path, key], true),
    message: `unknown key '${printable(key)}'${path.length === 0 ? '' : ` in '${readable(path)}'`}; ${advice}`,
  };
}

/** As many as fit into a line that somebody reads. */
function listed(names: readonly string[]): string {
  let text = '';
  for (const [index, name] of names.entries()) {
    if (text.length + name.length > 480) return `${text}, and ${names.length - index} more`;
    text += index === 0 ? name : `, ${name}`;
  }
  return text;
}

function hint(error: ErrorObject): string {
  const near = typeof error.data === 'string' ? nearest(error.data, (error.schema as readonly unknown[]).map(String)) : undefined;
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

const readable = (path: readonly (string | number)[]): string =>
  printable(
    path.reduce<string>(
      (text, step) => (/^\d+$/.test(String(step)) ? `${text}[${step}]` : text === '' ? String(step) : `${text}.${step}`),
      '',
    ),
    120,
  );

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? `'${printable(value)}'` : String(value);
}

function typeWords(type: unknown): string | undefined {
  const words: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
  };
  return Array.isArray(type) ? type.map((one) => words[String(one)]).join(' or ') : words[String(type)];
}
