/** Arrivals of requests to a language model (Azure's LLM inference traces: TIMESTAMP, ContextTokens, GeneratedTokens) as load on a Service: how many a second,
 *  how long they take. A Deployment answers them, and an autoscaler keeps up with them. */

import { printable, UserError } from '../user-error.ts';
import { csvRows, type Row } from './csv-rows.ts';
import type { ImportOptions } from './import-options.ts';
import { type Imported, type Importer, transforms } from './importer.ts';
import { Tally } from './tally.ts';
import { shareOf } from './trace-luck.ts';

const NEEDED = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'];
/** assumed: what one server reads of a prompt and writes of an answer in a second, for one request. */
const DEFAULTS = { prefillTokensPerSecond: 10_000, tokensPerSecond: 50, cpuPerToken: 1 };
const HEAD_START = 60;
const TAIL = 60;
const QUANTILES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
/** Enough to see the load's shape, few enough to read. */
const MOST_STEPS = 2000;

interface Arrival {
  readonly at: number;
  readonly seconds: number;
  readonly tokens: number;
}

function own(options: ImportOptions, key: keyof typeof DEFAULTS, flag: string): number {
  const text = options.own[key];
  const value = text === undefined ? DEFAULTS[key] : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw UserError.at({}, `${flag}: expected a number above 0, found '${printable(String(text))}'`);
}

/** '2023-11-16 18:15:46.6805900' is UTC; a bare number is seconds. */
function timeOf(row: Row): number {
  const text = row.text('TIMESTAMP');
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) return number;
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  const at = found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2]}${found[4] ?? 'Z'}`);
  if (Number.isNaN(at)) throw row.mistake(`'TIMESTAMP' is no time: found '${printable(text)}' (2023-11-16 18:15:46.68)`);
  return at / 1000 + Number(found?.[3] ?? 0);
}

async function read(file: string, options: ImportOptions, tally: Tally): Promise<Arrival[]> {
  const [prefill, decode] = [
    own(options, 'prefillTokensPerSecond', '--prefill-tokens-per-second'),
    own(options, 'tokensPerSecond', '--tokens-per-second'),
  ];
  const arrivals: Arrival[] = [];
  for await (const row of csvRows(file, NEEDED, tally)) {
    const arrival = tally.judged(() => {
      const [context, generated] = [row.number('ContextTokens'), row.number('GeneratedTokens')];
      return { at: timeOf(row), seconds: context / prefill + generated / decode, tokens: context + generated };
    });
    if (arrival === undefined) continue;
    if (options.sample < 1 && shareOf(options.seed, 'sample', String(row.line)) >= options.sample)
      tally.drop('not in the sample', row.line);
    else arrivals.push(arrival);
  }
  return arrivals.sort((a, b) => a.at - b.at);
}

/** The part that is played, from second 0 on. */
function played(
  arrivals: readonly Arrival[],
  { from = 0, to = Number.POSITIVE_INFINITY, timeScale }: ImportOptions,
  tally: Tally,
): Arrival[] {
  const origin = arrivals[0]?.at ?? 0;
  return arrivals.flatMap((arrival) => {
    const at = arrival.at - origin;
    if (at >= from && at <= to) {
      tally.keep();
      return [{ ...arrival, at: (at - from) / timeScale }];
    }
    tally.drop(at < from ? 'before --from' : 'after --to');
    return [];
  });
}

const rounded = (value: number): number => Number(value.toPrecision(4));

function document(arrivals: readonly Arrival[], options: ImportOptions, cpuPerToken: number) {
  const length = Math.max(1, Math.ceil((arrivals.at(-1) as Arrival).at));
  const every = Math.max(1, Math.ceil(length / MOST_STEPS), length > 600 ? 10 : 1);
  const rates = new Array<number>(Math.ceil((length + 1) / every)).fill(0);
  for (const { at } of arrivals) rates[Math.floor(at / every)] = (rates[Math.floor(at / every)] as number) + 1;
  const seconds = arrivals.map((one) => one.seconds).sort((a, b) => a - b);
  const quantile = (share: number): number => seconds[Math.min(seconds.length - 1, Math.floor(share * seconds.length))] as number;
  const tokens = arrivals.reduce((sum, one) => sum + one.tokens, 0) / arrivals.length;
  const cpuSeconds = (tokens * cpuPerToken) / 1000;
  const perSecond = (rates.reduce((a, b) => Math.max(a, b), 0) / every) * (options.inflate ?? 1);
  // Four CPUs a pod, kept at 60 %.
  const most = Math.max(2, Math.ceil((perSecond * cpuSeconds) / (4 * 0.6)) * 2);
  const nodes = options.nodes ?? Math.max(2, Math.ceil((most * 4) / 32 / 0.8));
  const object = (apiVersion: string, kind: string, spec: object) => ({ apiVersion, kind, metadata: { name: 'llm-0' }, spec });
  return {
    duration: `${length + HEAD_START + TAIL}s`,
    cluster: { nodes: [{ name: 'node', count: nodes, capacity: { cpu: '32', memory: '128Gi', pods: '110', ...options.nodeCapacity } }] },
    workload: [
      {
        deployments: {
          name: 'llm',
          count: 1,
          replicas: 2,
          start: '10s',
          image: 'llm:1',
          cpu: '4',
          memory: '8Gi',
          startup: { uniform: { min: '10s', max: '20s' } },
          readinessProbe: { period: '2s' },
          load: {
            perRequest: `${Math.max(1, Math.round(cpuSeconds * 1e6))}us`,
            time: { empirical: QUANTILES.map((share) => [share, `${Math.max(1, Math.round(quantile(share) * 1000))}ms`]) },
          },
        },
      },
      {
        traffic: {
          of: 'llm',
          start: `${HEAD_START}s`,
          timeout: '10m',
          slowAfter: '30s',
          rates: { every: `${every}s`, requestsPerSecond: rates.map((count) => rounded((count / every) * (options.inflate ?? 1))) },
        },
      },
      {
        apply: {
          at: '20s',
          objects: [
            object('autoscaling/v2', 'HorizontalPodAutoscaler', {
              scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm-0' },
              minReplicas: 2,
              maxReplicas: most,
              metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
            }),
          ],
        },
      },
    ],
    length,
    nodes,
    tokens,
  };
}

export const llm: Importer = {
  kind: 'llm',
  description: 'arrivals of requests to a language model (CSV: TIMESTAMP, ContextTokens, GeneratedTokens) as load on an autoscaled Service',
  unit: 'requests',
  without: ['--node-list'],
  options: [
    {
      flags: '--tokens-per-second <x>',
      description: `tokens that an answer gains in a second (default ${DEFAULTS.tokensPerSecond}, assumed)`,
    },
    {
      flags: '--prefill-tokens-per-second <x>',
      description: `tokens of a prompt read in a second (default ${DEFAULTS.prefillTokensPerSecond}, assumed)`,
    },
    {
      flags: '--cpu-per-token <ms>',
      description: `CPU time of a token, which the autoscaler sees (default ${DEFAULTS.cpuPerToken} ms, assumed)`,
    },
  ],
  example: 'wavetank import llm azure_llm_conv.csv.gz --to 20m -o llm.yaml',
  async import([file], options): Promise<Imported> {
    const tally = new Tally(options.strict);
    const cpuPerToken = own(options, 'cpuPerToken', '--cpu-per-token');
    const all = await read(file as string, options, tally);
    tally.refuseMostlyBad('requests');
    const arrivals = played(all, options, tally);
    if (arrivals.length === 0) throw UserError.at({ file: file as string }, `nothing is left of it:\n${tally.text('requests').trimEnd()}`);
    const { length, nodes, tokens, ...parts } = document(arrivals, options, cpuPerToken);
    tally.note(
      `${Math.round(tokens)} tokens a request on average; a token takes ${cpuPerToken} ms of CPU (assumed; --cpu-per-token), answers take as long as their tokens (--tokens-per-second)`,
    );
    return {
      tally,
      summary: `${arrivals.length} requests in ${length} s to an autoscaled Service on ${nodes} nodes`,
      document: {
        name: options.name,
        seed: options.seed,
        ...parts,
        images: { 'llm:1': '2GB' },
        notes: [`made by wavetank import llm${transforms(options)}: durations of answers and CPU by the token are assumed`],
      },
    };
  },
};
