import { describe, expect, test } from 'vitest';
import { Clock, Cpu, Disk } from '../../src/sim/machine.ts';

describe('a CPU', () => {
  test('serves first come, first served', () => {
    const cpu = new Cpu(1);
    expect([cpu.charge(0, 100), cpu.charge(0, 50), cpu.charge(120, 10), cpu.charge(500, 10)]).toEqual([100, 150, 40, 10]);
  });

  test('has as many servers as cores', () => {
    const cpu = new Cpu(2);
    expect([cpu.charge(0, 100), cpu.charge(0, 100), cpu.charge(0, 100)]).toEqual([100, 100, 200]);
  });

  test('keeps fractions and rounds promises up', () => {
    const cpu = new Cpu(1);
    expect([cpu.charge(0, 0.4), cpu.charge(0, 0.4), cpu.charge(0, 0.4)]).toEqual([1, 1, 2]);
  });

  test('slows down, and forgets its queue when it is reset', () => {
    const cpu = new Cpu(1);
    cpu.slowdown = 3;
    expect(cpu.charge(0, 100)).toBe(300);
    cpu.reset();
    expect(cpu.charge(10, 100)).toBe(300);
  });
});

describe('a disk', () => {
  test('makes one request durable after another', () => {
    const disk = new Disk(1, 0, { fsync: 1000, bytesPerSecond: 1_000_000 });
    expect([disk.write(0, 0, 1), disk.write(0, 500, 2), disk.write(5000, 0, 3)]).toEqual([1000, 2500, 6000]);
  });

  test('stalls, and changes its latency', () => {
    const disk = new Disk(1, 0, { fsync: 1000 });
    disk.change(10, 50_000);
    expect([disk.write(0, 0, 1), disk.write(60_000, 0, 2)]).toEqual([50_010, 60_010]);
  });

  test('draws by host and counter', () => {
    const make = (): Disk => new Disk(1, 4, { fsync: { exponential: { mean: 1000 } } });
    const [a, b] = [make(), make()];
    a.write(0, 0, 1);
    expect(a.write(1_000_000, 0, 9)).toBe(b.write(1_000_000, 0, 9));
  });
});

describe('a clock', () => {
  test('is ahead by its offset and drifts from its last change', () => {
    const clock = new Clock({ offset: 500, drift: 100 });
    expect(clock.read(0, 0)).toBe(500);
    expect(clock.read(1_000, 2_000_000)).toBe(2_001_000 + 500 + 200);
    clock.change({ offset: -7, drift: 50 }, 2_000_000);
    expect(clock.read(0, 3_000_000)).toBe(3_000_000 - 7 + 50);
  });
});
