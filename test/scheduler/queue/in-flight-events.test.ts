import { describe, expect, it } from 'vitest';
import type { Gauge } from '#sim';
import { InFlightEvents, type SeenEvent } from '../../../src/scheduler/queue/in-flight-events.ts';

const seen = (label: string): SeenEvent => ({ event: { label } as never, before: undefined, after: undefined });
const labels = (events: readonly SeenEvent[]): string[] => events.map(({ event }) => event.label);

describe('InFlightEvents', () => {
  it('keeps for each pod under way what happened since it was taken', () => {
    const events = new InFlightEvents();
    events.record(seen('before all'));
    events.take('a');
    events.record(seen('one'));
    events.take('b');
    events.record(seen('two'));
    expect([labels(events.since('a')), labels(events.since('b')), labels(events.since('c'))]).toEqual([['one', 'two'], ['two'], []]);
    expect([events.size, events.has('a'), events.has('c')]).toEqual([2, true, false]);
    events.done('b');
    events.record(seen('three'));
    expect([labels(events.since('a')), events.since('b'), events.size]).toEqual([['one', 'two', 'three'], [], 1]);
    events.done('a');
    events.record(seen('nobody under way'));
    events.take('c');
    events.record(seen('four'));
    expect([labels(events.since('c')), events.size]).toEqual([['four'], 1]);
  });

  it('keeps the positions right when the first has gone and others stay', () => {
    const events = new InFlightEvents();
    for (const uid of ['a', 'b', 'c', 'd']) {
      events.take(uid);
      events.record(seen(`after ${uid}`));
    }
    events.done('a');
    expect(labels(events.since('b'))).toEqual(['after b', 'after c', 'after d']);
    events.done('c');
    events.done('b');
    expect(labels(events.since('d'))).toEqual(['after d']);
    events.take('e');
    events.record(seen('last'));
    expect([labels(events.since('d')), labels(events.since('e'))]).toEqual([['after d', 'last'], ['last']]);
  });

  it('knows who was activated while under way, until it is done', () => {
    const events = new InFlightEvents();
    events.activate('a');
    expect(events.isActivated('a')).toBe(false);
    events.take('a');
    events.activate('a');
    expect([events.isActivated('a'), events.isActivated('b')]).toEqual([true, false]);
    events.done('a');
    events.take('a');
    expect(events.isActivated('a')).toBe(false);
  });

  it('counts pods and kept events for the metric, and takes them off again', () => {
    const events = new InFlightEvents();
    const levels: Record<string, number> = {};
    events.levels = (event) => ({ add: (by: number) => (levels[event] = (levels[event] ?? 0) + by) }) as unknown as Gauge;
    events.record(seen('NodeAdd'));
    events.take('a');
    events.record(seen('NodeAdd'));
    events.take('b');
    events.record(seen('PodDelete'));
    events.record(seen('NodeAdd'));
    expect(levels).toEqual({ PodPopped: 2, NodeAdd: 2, PodDelete: 1 });
    events.done('nobody');
    events.done('a');
    expect(levels).toEqual({ PodPopped: 1, NodeAdd: 1, PodDelete: 1 });
    events.done('b');
    expect(levels).toEqual({ PodPopped: 0, NodeAdd: 0, PodDelete: 0 });
  });
});
