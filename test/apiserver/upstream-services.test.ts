/** What Kubernetes v1.34.3's own registry made of random requests about services on a single-stack IPv4 cluster, addresses and ports given out included
 *  (test/interop/validation, "services"): refused with which causes, or stored with which spec. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type Answer, at, type Call, create, play } from './lab.ts';

interface Case {
  readonly steps: readonly { verb: string; name: string; body?: object; dryRun?: boolean }[];
  readonly answers: readonly { spec?: object; code?: number; causes?: readonly string[]; message?: string }[];
}

const FILE = new URL('./fixtures/upstream-services.jsonl.gz', import.meta.url);
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

function call({ verb, name, body, dryRun }: Case['steps'][number]): Call {
  const options = dryRun ? { options: { dryRun: true } } : {};
  if (verb === 'create') return { ...create('services', body as object), ...options };
  if (verb === 'patch') return at('patch', 'services', name, { patchType: 'merge', body, ...options });
  return at(verb as 'update' | 'delete', 'services', name, { body, ...options });
}

/** Addresses and ports that a server drew are told apart by their first mention. */
function shown(value: unknown, asked: string): unknown {
  const drawn = new Map<string, string>();
  const named = (word: string): string => {
    if (asked.includes(word)) return word;
    if (!drawn.has(word)) drawn.set(word, `drawn ${drawn.size}`);
    return drawn.get(word) as string;
  };
  const isLeft = (member: unknown): boolean => Boolean(member) && (typeof member !== 'object' || Object.keys(member as object).length > 0);
  const walk = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one === 'number') return one >= 30_000 && one < 32_768 ? named(String(one)) : one;
    if (typeof one === 'string') return one.replaceAll(/172\.30\.[\d.]+\d/g, named);
    if (typeof one !== 'object' || one === null) return one;
    const kept = Object.entries(one).filter(([key, member]) => isLeft(member) || key === 'spec');
    // Both in one order: who is drawn first has the first name.
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, walk(member)]));
  };
  return walk(value);
}

function told({ code, object }: Answer): Case['answers'][number] {
  if (code < 300) return object?.kind === 'Service' && object.spec !== undefined ? { spec: object.spec } : {};
  const causes = (object.details?.causes ?? []).map(
    (one: { reason: string; field: string; message: string }) => `${one.reason} ${one.field}: ${one.message}`,
  );
  return causes.length > 0 ? { code, causes } : { code, message: object.message };
}

const sorted = (list: readonly { causes?: readonly string[] }[]) =>
  list.map((one) => (one.causes === undefined ? one : { ...one, causes: [...new Set(one.causes)].sort() }));

it('gives out, keeps and refuses addresses, families and ports as Kubernetes does', { timeout: 60_000 }, () => {
  expect(cases.length).toBeGreaterThan(150);
  for (const { steps, answers } of cases) {
    const { answers: own } = play(steps.map(call));
    const asked = JSON.stringify(steps);
    const mine = shown(
      sorted(steps.map((step, i) => (step.verb === 'delete' && (own[i]?.code ?? 500) < 300 ? {} : told(own[i] as Answer)))),
      asked,
    );
    const theirs = shown(sorted(answers), asked);
    expect(mine, asked).toEqual(theirs);
  }
});
