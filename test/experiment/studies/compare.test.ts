/** What a comparison says: nothing where there is nothing, and the truth where there is something. */

import { describe, expect, it } from 'vitest';
import { compare, judgeFailRules, pairsOf, parseFailRule, type TrialRecord } from '../../../src/experiment/index.ts';
import { drawn, METRIC_NAMES, record } from './synthetic.ts';

const request = { version: 'test', a: { name: 'A', what: 'one' }, b: { name: 'B', what: 'other' }, metrics: METRIC_NAMES };
const judged = (records: readonly TrialRecord[], more: object = {}) => compare(pairsOf(records, 'A', 'B'), { ...request, ...more });

describe('without a difference', () => {
  it('calls identical runs identical', () => {
    const runs = drawn('same', 20).filter(({ arm }) => arm === 'A');
    const twins = runs.map((one) => ({ ...one, arm: 'B' }));
    const { verdict, metrics, equalRuns } = judged([...runs, ...twins]);
    expect(equalRuns).toBe(20);
    expect(verdict).toMatch(/^no difference: in all 20 pairs/);
    expect(new Set(metrics.map((metric) => metric.verdict))).toEqual(new Set(['equal']));
  });

  it('cries wolf over a whole study in fewer than one of twenty', () => {
    const studies = 200;
    let wrong = 0;
    for (let i = 0; i < studies; i++) if (judged(drawn(`nothing ${i}`, 20)).metrics.some(({ verdict }) => verdict === 'different')) wrong++;
    // 5 % promised; three standard deviations above that would be 9.6 %.
    expect(wrong / studies).toBeLessThan(0.096);
  }, 120_000);
});

describe('with a difference', () => {
  it('finds a third less in twenty pairs, and says which way and how much', () => {
    const { metrics, verdict } = judged(drawn('third', 20, 0.65));
    const found = metrics.filter((metric) => metric.verdict === 'different');
    expect(found.length).toBeGreaterThan(5);
    for (const { change, interval } of found) {
      expect(change).toBeLessThan(-0.05);
      expect(interval?.[1]).toBeLessThan(0);
    }
    expect(verdict).toMatch(/^B .*binds \d+(\.\d)? % faster \(95 % CI \d+(\.\d)? to \d+(\.\d)? %\)/);
  });

  it('does not call it a finding when there are too few pairs, and says how many it takes', () => {
    const { metrics, notes } = judged(drawn('few', 4, 0.5));
    expect(metrics.some(({ verdict }) => verdict === 'different')).toBe(false);
    expect(metrics[0]?.verdict).toBe('too few pairs');
    expect(notes[0]).toMatch(/9 could \(--seeds 9\)/);
  });

  it('pairs by seed only what both sides have', () => {
    const records = [record('A', 1, { podStartP50: 1 }), record('B', 2, { podStartP50: 2 }), record('B', 1, { podStartP50: 3 })];
    const [only] = judged(records).metrics.filter(({ metric }) => metric === 'podStartP50');
    expect(only).toMatchObject({ pairs: 1, difference: 2 });
  });
});

describe('--fail-if', () => {
  const comparison = judged([
    ...[1, 2].flatMap((seed) => [
      record('A', seed, { podStartP50: 2, fragmentation: 0.2, submissionToBindingP50: 0 }),
      record('B', seed, { podStartP50: 2.2, fragmentation: 0.1, submissionToBindingP50: 5 }),
    ]),
  ]);
  const holds = (text: string) => judgeFailRules([parseFailRule(text)], comparison)[0]?.holds;

  it.each([
    ['podStartP50 > +5%', true],
    ['podStartP50 > +10.5 %', false],
    ['podStartP50 > +100ms', true],
    ['podStartP50 > +0.3s', false],
    ['podStartP50 > 2100ms', true],
    ['podStartP50>3', false],
    ['fragmentation < -40%', true],
    ['fragmentation >= 10%', true],
    ['fragmentation > 10%', false],
    ['submissionToBindingP50 > +1000%', true],
    ['apiLatencyP99 > +5%', true],
  ])('%s: %s', (text, expected) => expect(holds(text)).toBe(expected));

  it.each([
    ['podStartP50 +5%', /expected a metric, a comparison and a bound/],
    ['podStartP5 > +5%', /did you mean 'podStartP50'/],
    ['podStartP50 > +5 bananas', /is no bound for podStartP50, which is measured in s/],
    ['fragmentation > 0.3', /is no bound/],
    ['', /expected a metric/],
  ])('refuses %s', (text, message) => expect(() => parseFailRule(text)).toThrow(message));
});
