/** Any CSV whose rows are pods, by a mapping file (YAML) that says which column is what, in which unit, and what holds where there is none. */

import { nearest } from '../nearest.ts';
import { count, fields, type JsonSchema, list, oneOf, stringMap, text } from '../schema-pieces.ts';
import { readSource, type Source } from '../source.ts';
import { printable, UserError } from '../user-error.ts';
import { validate } from '../validate.ts';
import { csvRows, type Row } from './csv-rows.ts';
import { rowImporter } from './importer.ts';
import { GPU, labelValue, objectName, type PodItem, traceContainer } from './trace-item.ts';

/** Of one unit in what the trace counts in: seconds, milli-CPUs, MiB. */
const TIME = { s: 1, us: 1e-6, ms: 1e-3, m: 60, h: 3600, d: 86_400 } as const;
const CPU = { cores: 1000, millicores: 1, percent: 10 } as const;
const MEMORY = {
  B: 1 / 1_048_576,
  KiB: 1 / 1024,
  MiB: 1,
  GiB: 1024,
  kB: 1e3 / 1_048_576,
  MB: 1e6 / 1_048_576,
  GB: 1e9 / 1_048_576,
} as const;

interface Column {
  readonly column?: string;
  readonly unit?: string;
  readonly default?: number | string;
}
type Written = string | Column;

interface Mapping {
  readonly name?: Written;
  readonly namespace?: Written;
  readonly arrives: Written;
  readonly leaves?: Written;
  readonly runs?: Written;
  readonly cpu?: Written;
  readonly memory?: Written;
  readonly gpus?: Written;
  readonly resources?: Readonly<Record<string, Written>>;
  readonly labels?: Readonly<Record<string, Written>>;
  readonly pods?: Written;
  readonly keep?: Readonly<Record<string, readonly (string | number)[]>>;
  readonly image?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

const column = (description: string, units?: readonly string[]): JsonSchema => ({
  anyOf: [
    text('a column'),
    fields('a column', {
      column: text('its name in the header'),
      ...(units === undefined ? {} : { unit: oneOf(units, `what it counts in (default ${units[0]})`) }),
      default: { type: ['number', 'string'], description: 'what holds where the cell is empty or there is no such column' },
    }),
  ],
  description,
});
const times = ['s', 'us', 'ms', 'm', 'h', 'd', 'date'];

export const mappingSchema: JsonSchema = fields(
  'which column is what',
  {
    name: column('name of the pod (default: row-<line>)'),
    namespace: column('its namespace (default: default)'),
    arrives: column('when it comes', times),
    leaves: column('when it is deleted', times),
    runs: column('how long it runs before it ends by itself', times),
    cpu: column('CPU that it asks for', Object.keys(CPU)),
    memory: column('memory that it asks for', Object.keys(MEMORY)),
    gpus: column('cards that it asks for'),
    resources: { type: 'object', additionalProperties: column('an amount'), description: 'extended resources by name' },
    labels: { type: 'object', additionalProperties: column('a value'), description: 'labels by key' },
    pods: column('how many such pods come at once, as a Job'),
    keep: {
      type: 'object',
      additionalProperties: list({ type: ['string', 'number'] }, 'values', 1),
      description: 'rows whose column has another value are dropped',
    },
    image: text('the image of all pods'),
    nodeSelector: stringMap('of all pods'),
    version: count('of this file (1)', 1, 1),
  },
  ['arrives'],
);

const columnName = (written: Written | undefined): string | undefined => (typeof written === 'string' ? written : written?.column);

class MappedRow {
  readonly #row: Row;
  constructor(row: Row) {
    this.#row = row;
  }

  text(written: Written | undefined): string {
    const found = this.#row.text(columnName(written) ?? '');
    return found === '' && typeof written === 'object' && written.default !== undefined ? String(written.default) : found;
  }

  number(written: Written | undefined, factors: Readonly<Record<string, number>> = { '': 1 }): number | undefined {
    if (written === undefined) return undefined;
    const unit = typeof written === 'object' && written.unit !== undefined ? written.unit : (Object.keys(factors)[0] as string);
    const text = this.text(written);
    const name = columnName(written) ?? 'default';
    if (text === '') return undefined;
    if (unit === 'date') return this.#date(name, text);
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#row.mistake(`'${name}' is not a number: found '${printable(text)}'`);
    if (value < 0) throw this.#row.mistake(`'${name}' must not be negative, found ${printable(text)}`);
    return value * (factors[unit] as number);
  }

  #date(name: string, text: string): number {
    const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
    if (Number.isNaN(at)) throw this.#row.mistake(`'${name}' is no date: found '${printable(text)}' (2026-01-31T10:00:00Z)`);
    return at / 1000;
  }
}

const SECONDS: Readonly<Record<string, number>> = TIME;

function podOf(row: Row, mapping: Mapping): PodItem {
  const cells = new MappedRow(row);
  const name = mapping.name === undefined ? `row-${row.line}` : objectName(cells.text(mapping.name));
  if (name === '') throw row.mistake(`'${columnName(mapping.name)}' is empty: a pod needs a name`);
  const at = cells.number(mapping.arrives, SECONDS);
  if (at === undefined) throw row.mistake(`'${columnName(mapping.arrives)}' is empty: expected when it arrives`);
  const [until, runs] = [cells.number(mapping.leaves, SECONDS), cells.number(mapping.runs, SECONDS)];
  if (until !== undefined && until < at)
    throw row.mistake(
      `'${columnName(mapping.leaves)}' is ${Number((at - until).toPrecision(6))} s before '${columnName(mapping.arrives)}'`,
    );
  const completions = cells.number(mapping.pods);
  if (completions !== undefined && !(Number.isInteger(completions) && completions > 0))
    throw row.mistake(`'${columnName(mapping.pods)}' must be a whole number above 0, found ${completions}`);
  const demand = {
    cpuMilli: Math.round(cells.number(mapping.cpu, CPU) ?? 0),
    memoryMib: Math.ceil(cells.number(mapping.memory, MEMORY) ?? 0),
    gpus: Math.ceil(cells.number(mapping.gpus) ?? 0),
  };
  const extended = Object.fromEntries(
    Object.entries(mapping.resources ?? {})
      .map(([resource, from]) => [resource, String(Math.ceil(cells.number(from) ?? 0))])
      .filter(([, amount]) => amount !== '0'),
  );
  const requests = {
    ...(demand.cpuMilli === 0 ? {} : { cpu: `${demand.cpuMilli}m` }),
    ...(demand.memoryMib === 0 ? {} : { memory: `${demand.memoryMib}Mi` }),
    ...(demand.gpus === 0 ? {} : { [GPU]: String(demand.gpus) }),
    ...extended,
  };
  const labels = Object.fromEntries(Object.entries(mapping.labels ?? {}).map(([key, from]) => [key, labelValue(cells.text(from))]));
  const spec = {
    containers: [traceContainer(mapping.image ?? 'trace:1', requests)],
    ...(runs === undefined && completions === undefined ? {} : { restartPolicy: 'Never' }),
    ...(mapping.nodeSelector === undefined ? {} : { nodeSelector: mapping.nodeSelector }),
  };
  return {
    what: 'pod',
    at,
    name,
    shape: { namespace: objectName(cells.text(mapping.namespace)) || 'default', labels, spec },
    demand,
    line: row.line,
    ...(until === undefined ? {} : { until }),
    ...(runs === undefined ? {} : { runs }),
    ...(completions === undefined ? {} : { completions }),
  };
}

/** Columns that must be in the header, those without a default, with their places in the mapping. */
function neededColumns(mapping: Mapping): { readonly column: string; readonly path: readonly string[] }[] {
  const { keep = {}, image: _image, nodeSelector: _selector, resources = {}, labels = {}, ...single } = mapping;
  const written = [
    ...Object.entries(single).map(([key, value]) => [[key], value] as const),
    ...Object.entries(resources).map(([key, value]) => [['resources', key], value] as const),
    ...Object.entries(labels).map(([key, value]) => [['labels', key], value] as const),
  ];
  return [
    ...written.flatMap(([path, value]) => {
      if (typeof value === 'string') return [{ column: value, path }];
      const { column, default: otherwise } = (typeof value === 'object' ? value : {}) as Column;
      return column === undefined || otherwise !== undefined ? [] : [{ column, path }];
    }),
    ...Object.keys(keep).map((column) => ({ column, path: ['keep', column] })),
  ];
}

/** Refuses a mapping that names columns which are not there: in the mapping's own line. */
function refuseUnknown(mapping: Mapping, source: Source, file: string, header: readonly string[]): void {
  const mistakes = neededColumns(mapping).flatMap(({ column, path }) => {
    if (header.includes(column)) return [];
    const near = nearest(column, header);
    const hint = near === undefined ? `its columns: ${printable(header.join(', '), 160)}` : `did you mean '${near}'?`;
    return [{ ...source.placeOf(path), message: `'${path.join('.')}': ${file} has no column '${column}'; ${hint}` }];
  });
  if (mistakes.length > 0) throw new UserError(mistakes);
}

function readMapping(file: string | undefined): { readonly mapping: Mapping; readonly source: Source } {
  const source = readSource(file as string);
  if (source.value === null || source.value === undefined)
    throw UserError.at({ file: source.file }, "is empty: a mapping needs at least 'arrives'");
  const mistakes = validate(mappingSchema, source, 'the mapping');
  if (mistakes.length > 0) throw new UserError(mistakes);
  return { mapping: source.value as Mapping, source };
}

export const csv = rowImporter({
  kind: 'csv',
  description: 'any CSV whose rows are pods, by a mapping file (docs/traces.md)',
  unit: 'rows',
  options: [{ flags: '--mapping <file>', description: 'YAML: which column is what, in which unit', required: true }],
  example: 'wavetank import csv tasks.csv.gz --mapping tasks.map.yaml -o tasks.yaml',
  async *items([file], { own }, tally) {
    const { mapping, source } = readMapping(own['mapping']);
    const refuse = (header: readonly string[]): void => refuseUnknown(mapping, source, file as string, header);
    for await (const row of csvRows(file as string, refuse, tally)) {
      const other = Object.entries(mapping.keep ?? {}).find(([name, values]) => !values.map(String).includes(row.text(name)));
      if (other !== undefined) {
        tally.read();
        tally.drop(`'${other[0]}' is none of ${printable(other[1].join(', '))}`, row.line);
        continue;
      }
      const pod = tally.judged(() => podOf(row, mapping));
      if (pod !== undefined) yield pod;
    }
  },
});
