import { describe, expect, it } from 'vitest';
import type { EtcdEvent } from '#etcd';
import { EventWindow } from '../../../src/apiserver/cache/window.ts';

const SECOND = 1_000_000;
const event = (modRevision: number): EtcdEvent =>
  ({ type: 'PUT', kv: { key: 'a', value: {}, bytes: 1, createRevision: 1, modRevision, version: 1, lease: 0 } }) as unknown as EtcdEvent;
/** Revisions after one; undefined when some of them are gone. */
function since(window: EventWindow, revision: number): number[] | undefined {
  const seen: number[] = [];
  return window.since(revision, ({ kv }) => seen.push(kv.modRevision)) ? seen : undefined;
}
const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('EventWindow', () => {
  it('tells what came after a revision, be it one of its own or between two', () => {
    const window = new EventWindow(1000);
    window.reset(10);
    expect([since(window, 10), since(window, 9), window.oldest]).toEqual([[], undefined, 10]);
    for (const revision of [12, 15, 15, 20]) window.push(event(revision), 0);
    expect([10, 11, 12, 14, 15, 19, 20, 30].map((revision) => since(window, revision))).toEqual([
      [12, 15, 15, 20],
      [12, 15, 15, 20],
      [15, 15, 20],
      [15, 15, 20],
      [20],
      [20],
      [],
      [],
    ]);
    expect(since(window, 9)).toBeUndefined();
  });

  it('keeps what is fresh, and a hundred events however old they are', () => {
    const window = new EventWindow(10_000);
    for (let revision = 1; revision <= 300; revision += 1) window.push(event(revision), revision * SECOND);
    // All within 75 s, or among the last hundred.
    expect([window.oldest, since(window, 199), since(window, 200)]).toEqual([200, undefined, span(201, 300)]);
    for (let revision = 301; revision <= 500; revision += 1) window.push(event(revision), 300 * SECOND);
    expect(window.oldest).toBe(224);
    window.push(event(501), 300 * SECOND);
    expect(window.oldest).toBe(224);
    window.push(event(502), 300 * SECOND + 1);
    expect([window.oldest, since(window, 225)]).toEqual([225, span(226, 502)]);
  });

  it('never keeps more than its most', () => {
    const window = new EventWindow(150);
    for (let revision = 1; revision <= 1000; revision += 1) {
      window.push(event(revision), 0);
      expect(window.oldest).toBe(Math.max(0, revision - 150));
      if (revision % 37 === 0) expect(since(window, window.oldest)).toEqual(span(window.oldest + 1, revision));
    }
    window.reset(2000);
    expect([window.oldest, since(window, 2000), since(window, 1000)]).toEqual([2000, [], undefined]);
    window.push(event(2001), 0);
    expect(since(window, 2000)).toEqual([2001]);
  });

  it('does not grow with what has left', () => {
    const window = new EventWindow(40);
    for (let revision = 1; revision <= 5000; revision += 1) window.push(event(revision), 0);
    const { times, revisions, events } = window as unknown as { times: Float64Array; revisions: Float64Array; events: unknown[] };
    expect([times.length, revisions.length]).toEqual([128, 128]);
    expect(events.length).toBeLessThanOrEqual(128);
  });
});
