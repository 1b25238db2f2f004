/** What an attempt is charged: the model's time, a fixed one, or what a clock from outside says. */

import { describe, expect, it } from 'vitest';
import { CostMeter } from '../../src/scheduler/cost-meter.ts';
import { lab, nodeAt, podAt } from './lab.ts';

describe('CostMeter', () => {
  it('takes the model as it is given', () => {
    const meter = new CostMeter();
    meter.begin();
    expect([meter.read(120), meter.read(30)]).toEqual([120, 30]);
  });

  it('charges a fixed cost once an attempt', () => {
    const meter = new CostMeter(500);
    meter.begin();
    expect([meter.read(120), meter.read(30)]).toEqual([500, 0]);
    meter.begin();
    expect(meter.read(1)).toBe(500);
  });

  it('measures by the clock it was given, and not while it waits for somebody else', () => {
    let now = 1000;
    const meter = new CostMeter('measured', () => now);
    meter.begin();
    now += 70;
    expect(meter.read(9999)).toBe(70);
    now += 5000;
    meter.resume();
    now += 30;
    expect(meter.read(9999)).toBe(30);
    expect(meter.read(9999)).toBe(1);
  });

  it('cannot measure without a clock', () => {
    expect(() => new CostMeter('measured')).toThrow("cost 'measured' needs a clock for CPU time");
  });
});

describe("a scheduler with cost 'measured'", () => {
  it('is busy for as long as its clock says', () => {
    let now = 0;
    const cpuClock = (): number => {
      now += 40_000;
      return now;
    };
    const { outcome } = lab([nodeAt(1, 'a'), podAt(2, 'one'), podAt(2, 'two')], { config: { cost: 'measured' }, cpuClock });
    const spans = [...outcome.recorded.allSpans()].filter((span) => span.name === 'scheduling');
    expect(spans.map((span) => span.duration)).toEqual([40_000, 40_000]);
  });
});
