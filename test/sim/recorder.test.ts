import { describe, expect, test } from 'vitest';
import { RecordedRun } from '#sim';
import { ShardRecorder } from '../../src/sim/shard-recorder.ts';

const BUCKET = 1000;

/** A recorder that is told whose turn it is. */
class Recording extends ShardRecorder {
  readonly #at: { now: number; self: number };

  constructor() {
    const at = { now: 0, self: 0 };
    super(BUCKET, true, at);
    this.#at = at;
  }

  turn(now: number, self: number): void {
    Object.assign(this.#at, { now, self });
    this.enter(now, 0);
  }
}

/** Two recorders as two shards would have them, and what they merge to over four buckets. */
function merged(first: (recorder: Recording) => void, second: (recorder: Recording) => void = () => {}): RecordedRun {
  const shards = [first, second].map((record) => {
    const recorder = new Recording();
    record(recorder);
    return structuredClone(recorder.snapshot(0));
  });
  return new RecordedRun(shards, BUCKET, 4 * BUCKET, []);
}

describe('what a run recorded', () => {
  test('sums counters by bucket over shards, and selects them by label', () => {
    const count =
      (host: number) =>
      (recorder: Recording): void => {
        for (const at of [0, 500, 3999]) {
          recorder.turn(at, host);
          recorder.counter('requests', { verb: 'get', code: '200' }).add();
          recorder.counter('requests', { code: '500', verb: 'get' }).add(2);
        }
      };
    const run = merged(count(0), count(1));
    expect(run.counter('requests', { code: '200' })).toMatchObject({ total: 6, values: Float64Array.of(4, 0, 0, 2) });
    expect(run.counter('requests')?.total).toBe(18);
    expect(run.counter('requests', { code: '404' })).toBeUndefined();
  });

  test('adds levels over hosts and carries them on', () => {
    const run = merged(
      (recorder) => {
        recorder.turn(0, 0);
        const one = recorder.gauge('depth');
        one.set(5);
        recorder.turn(10, 1);
        recorder.gauge('depth').set(2);
        recorder.turn(2500, 0);
        one.add(-4);
      },
      (recorder) => {
        recorder.turn(1500, 2);
        recorder.gauge('depth').set(10);
        recorder.turn(3500, 2);
        recorder.forget(2);
      },
    );
    expect(run.gauge('depth')?.values).toEqual(Float64Array.of(7, 17, 13, 3));
  });

  test('merges histograms to within 0.8 % of the percentiles, overall and by bucket', () => {
    const values = Array.from({ length: 2000 }, (_, i) => 1 + i * i * 0.37);
    const observe =
      (parity: number) =>
      (recorder: Recording): void => {
        recorder.turn(1200, parity);
        values.forEach((value, i) => {
          if (i % 2 === parity) recorder.histogram('latency').observe(value);
        });
        recorder.turn(3000, parity);
        recorder.histogram('latency').observe(0.000_25);
      };
    const { overall, buckets } = merged(observe(0), observe(1)).histogram('latency') ?? { buckets: [] };
    expect(overall?.count).toBe(2002);
    expect([overall?.min, overall?.max]).toEqual([0.000_25, values.at(-1)]);
    for (const q of [0.1, 0.5, 0.95, 0.99]) {
      const exact = values[Math.ceil(q * 2000) - 1] as number;
      expect(Math.abs((buckets[1]?.percentile(q) as number) - exact) / exact).toBeLessThan(0.008);
    }
    expect([buckets[0], buckets[2], buckets[3]?.count, buckets[3]?.percentile(0.5)]).toEqual([undefined, undefined, 2, 0.000_25]);
  });

  test('is exact for small whole numbers and knows emptiness', () => {
    const run = merged((recorder) => {
      recorder.histogram('empty');
      for (let value = 0; value <= 200; value++) recorder.histogram('small').observe(value);
    });
    const small = run.histogram('small')?.overall;
    expect([0.005, 0.5, 0.9].map((q) => small?.percentile(q))).toEqual([1, 100, 180]);
    expect(run.histogram('empty')?.overall.percentile(0.5)).toBeNaN();
  });

  test('finds the spans of a subject over shards, in order of time', () => {
    const run = merged(
      (recorder) => {
        recorder.turn(0, 3);
        recorder.span('pods/a/x', 'bind', 700, 20, 'node-1');
        for (let i = 0; i < 1000; i++) recorder.span(`pods/a/${i}`, 'queue', i, 1);
      },
      (recorder) => {
        recorder.turn(0, 9);
        recorder.span('pods/a/x', 'pull', 600, 1);
      },
    );
    expect(run.spansOf('pods/a/x')).toEqual([
      { subject: 'pods/a/x', name: 'pull', host: 9, start: 600, duration: 1, detail: undefined },
      { subject: 'pods/a/x', name: 'bind', host: 3, start: 700, duration: 20, detail: 'node-1' },
    ]);
    expect([...run.allSpans()].length).toBe(1002);
    expect(run.spansOf('pods/a/y')).toEqual([]);
  });

  test('keeps marks and the log in order of time', () => {
    const note =
      (host: number, at: number) =>
      (recorder: Recording): void => {
        recorder.turn(at, host);
        recorder.mark('zone lost', `seen by ${host}`);
        recorder.log('line');
      };
    const run = merged(note(1, 900), note(0, 800));
    expect(run.marks.map((mark) => mark.at)).toEqual([800, 900]);
    expect(run.log.map((line) => [line.at, line.host])).toEqual([
      [800, 0],
      [900, 1],
    ]);
  });

  test("reads hosts' own records when the run is over, by host", () => {
    const seen: string[] = [];
    const keeper =
      (host: number) =>
      (recorder: Recording): void => {
        recorder.turn(0, host);
        recorder.keep('journal', () => [...seen, `of ${host}`]);
        seen.push(`${host} began`);
      };
    expect(merged(keeper(7), keeper(2)).kept).toEqual([
      { host: 2, name: 'journal', data: ['7 began', '2 began', 'of 2'] },
      { host: 7, name: 'journal', data: ['7 began', 'of 7'] },
    ]);
  });
});
