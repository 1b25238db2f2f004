import type { CpuInfo } from 'node:os';
import { expect, test } from 'vitest';
import { freeCores, idleCores } from '../../src/cli/free-cores.ts';

const core = (idle: number, user: number, nice = 0): CpuInfo => ({ model: '', speed: 0, times: { idle, user, nice, sys: 0, irq: 0 } });

test('counts the idle parts of all cores, niced work as use', () => {
  expect(idleCores([core(0, 0), core(100, 50)], [core(10, 0), core(105, 55)])).toBe(1.5);
  expect(idleCores([core(0, 0), core(0, 0)], [core(0, 10), core(5, 0, 15)])).toBe(0.25);
});

test('what is not told is not taken for use', async () => {
  expect(idleCores([], [])).toBe(Infinity);
  expect(idleCores([core(3, 4)], [core(3, 4)])).toBe(Infinity);
  expect(await freeCores(0.01)).toBeGreaterThanOrEqual(0);
});
