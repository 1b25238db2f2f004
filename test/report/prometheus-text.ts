/** A reader of Prometheus' text format 0.0.4, as strict as a scrape and its linter: for tests of what is exposed. */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface ReadFamily {
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
  counter: [''],
  gauge: [''],
};

function fail(line: string, why: string): never {
  throw new Error(`${why}: ${line}`);
}

function numberOf(text: string, line: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) fail(line, 'no number');
  return Number(text);
}

function readSample(line: string): ReadSample {
  const [, name = '', inner, value = ''] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail(line, 'neither comment nor sample');
  if (!NAME.test(name)) fail(line, 'no metric name');
  const labels: Record<string, string> = {};
  for (let rest = inner ?? ''; rest !== ''; ) {
    const [whole, key = '', text = ''] = LABEL.exec(rest) ?? fail(line, 'no label');
    if (key in labels) fail(line, `label ${key} twice`);
    labels[key] = text.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: numberOf(value, line) };
}

/** Families by name. Throws at whatever a scrape would refuse. */
export function readPrometheusText(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, { type: string; samples: ReadSample[] }>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, declared, type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined) {
      if (!NAME.test(declared) || SUFFIXES[type] === undefined) fail(line, 'no type');
      if (families.has(declared)) fail(line, 'declared twice');
      families.set((current = declared), { type, samples: [] });
      continue;
    }
    if (line.startsWith('#')) continue;
    const sample = readSample(line);
    const family = families.get(current) ?? fail(line, 'before its type');
    if (!(SUFFIXES[family.type] as readonly string[]).some((suffix) => current + suffix === sample.name)) fail(line, `not of ${current}`);
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) fail(line, 'said twice');
    seen.add(key);
    family.samples.push(sample);
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family.samples);
  return families;
}

function checkHistogram(name: string, samples: readonly ReadSample[]): void {
  const groups = new Map<string, ReadSample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels['le'] ?? '', `${name} ${key}`));
    const rises = (values: readonly number[], atLeast: number): boolean =>
      values.every((value, i) => i === 0 || value - (values[i - 1] as number) >= atLeast);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || !rises(bounds, Number.MIN_VALUE))
      fail(`${name} ${key}`, 'bounds do not rise to +Inf');
    if (
      !rises(
        buckets.map(({ value }) => value),
        0,
      )
    )
      fail(`${name} ${key}`, 'buckets are not cumulative');
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    if (count !== buckets.at(-1)?.value) fail(`${name} ${key}`, 'the count is not that of the last bucket');
    if (!group.some((sample) => sample.name === `${name}_sum`)) fail(`${name} ${key}`, 'there is no sum');
  }
}
