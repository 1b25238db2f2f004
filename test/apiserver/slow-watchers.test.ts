import { describe, expect, it } from 'vitest';
import { at, type Call, create, lab, type Step } from './lab.ts';

const watch: Call = { verb: 'watch', resource: 'configmaps', namespace: 'default', options: { resourceVersion: '0' } };
const map = (name: string): Call => create('configmaps', { metadata: { name } });
const touches = (count: number): Step[] =>
  Array.from({ length: count }, (_, i) => at('patch', 'configmaps', 'm', { patchType: 'merge', body: { data: { n: String(i) } } }));

/** One writes, one watches and says what it can take. */
function watched(writes: number, ...words: Step[]) {
  const { clients, outcome } = lab(
    [
      [map('m'), 100, ...touches(writes)],
      [60, ...words],
    ],
    { seconds: 60 },
  );
  const [, slow] = clients;
  const terminated = outcome.recorded.counters.find(({ name }) => name === 'apiserver_terminated_watchers_total')?.total;
  const id = words.indexOf(watch) + 1;
  return { events: slow?.watched(id) ?? [], isClosed: slow?.events.some(({ closed }) => closed) === true, terminated };
}

describe('a watcher that says how much it can take', () => {
  it('gets so much, and the rest when it asks for it', () => {
    expect(watched(20, { allow: 5, on: 2 }, watch).events).toHaveLength(5);
    const all = watched(20, { allow: 5, on: 2 }, watch, 3000, { allow: 3, on: 2 }, 100, { allow: 100, on: 2 });
    expect(all.events).toHaveLength(21);
    expect(all.isClosed).toBe(false);
  });
  it('is ended when its buffer overflows, without an error', () => {
    const ended = watched(300, { allow: 5, on: 2 }, watch);
    expect(ended).toMatchObject({ isClosed: true, terminated: 1 });
    expect(ended.events.every(({ type }) => type !== 'ERROR')).toBe(true);
  });
  it('may begin with more than its buffer holds', () => {
    const maps = Array.from({ length: 260 }, (_, i) => map(`m${i}`));
    const { clients } = lab([maps, [9000, { allow: 10, on: 2 }, watch], [12_000, map('late')]], { seconds: 20 });
    expect(clients[1]?.watched(2)).toHaveLength(10);
    expect(clients[1]?.events.some(({ closed }) => closed)).toBe(false);
  });
});

describe('a watcher that says nothing', () => {
  it('is never slow', () => {
    expect(watched(300, watch)).toMatchObject({ isClosed: false, terminated: 0 });
  });
});
