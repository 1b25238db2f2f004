import { describe, expect, it } from 'vitest';
import { SECOND } from '#sim';
import { CloudDisks, DISK_DEFAULTS, type DriverPlan, retryPause } from '../../src/cloud/disks.ts';

const plan: DriverPlan = { ...DISK_DEFAULTS, name: 'disk.example.com', maxVolumesPerNode: 2 };
const luck = (value: number) => () => ({ next: () => value });

describe('the disks of a provider', () => {
  it('are attached in their zone alone, to one node, and to no more than a node can take', () => {
    const disks = new CloudDisks();
    for (const name of ['a', 'b', 'c']) disks.create(name, 'zone-1', false);
    expect(disks.attach(plan, 'nothing', 'n1', 'zone-1')).toContain('NotFound');
    expect(disks.attach(plan, 'a', 'n1', 'zone-2')).toContain('disk a lies in zone zone-1, node n1 in zone zone-2');
    expect(disks.attach(plan, 'a', 'n1', 'zone-1')).toBeUndefined();
    expect(disks.attach(plan, 'a', 'n1', 'zone-1')).toBeUndefined();
    expect(disks.attach(plan, 'a', 'n2', 'zone-1')).toContain('disk a is attached to node n1');
    expect(disks.attach(plan, 'b', 'n1', 'zone-1')).toBeUndefined();
    expect(disks.attach(plan, 'c', 'n1', 'zone-1')).toContain('node n1 has 2 disks, which is its limit');
    disks.detach('a', 'n1');
    expect(disks.attach(plan, 'a', 'n2', 'zone-1')).toBeUndefined();
    expect(disks.nodesOf('a')).toEqual(['n2']);
  });

  it('for many nodes are attached to many', () => {
    const disks = new CloudDisks();
    disks.create('shared', 'zone-1', true);
    for (const node of ['n1', 'n2']) expect(disks.attach(plan, 'shared', node, 'zone-1')).toBeUndefined();
    expect(disks.nodesOf('shared')).toEqual(['n1', 'n2']);
  });

  it('answer when the call has taken its time, and count failures until one succeeds', () => {
    const disks = new CloudDisks();
    const failing = { ...plan, seconds: { ...plan.seconds, attach: 4 }, failures: { attach: 0.5 } };
    expect(disks.call(failing, 'attach', 'a n1', 0, luck(0.1))).toEqual({ wait: 4 * SECOND });
    expect(disks.call(failing, 'attach', 'a n1', 3 * SECOND, luck(0.9))).toEqual({ wait: SECOND });
    expect(disks.call(failing, 'attach', 'a n1', 4 * SECOND, luck(0.9))).toMatchObject({ error: expect.stringContaining('503') });
    expect(disks.failures('attach', 'a n1')).toBe(1);
    expect(disks.call(failing, 'attach', 'a n1', 5 * SECOND, luck(0.9))).toEqual({ wait: 4 * SECOND });
    expect(disks.call(failing, 'attach', 'a n1', 9 * SECOND, luck(0.9))).toBe('done');
    expect(disks.failures('attach', 'a n1')).toBe(0);
  });

  it('are asked again after 1 s, doubled up to 5 min', () => {
    expect([1, 2, 3, 20].map((failures) => retryPause(failures) / SECOND)).toEqual([1, 2, 4, 300]);
  });
});
