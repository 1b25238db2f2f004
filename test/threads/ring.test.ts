import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RingReader, RingWriter, ringMemory } from '../../workers/ring.ts';

describe('a ring', () => {
  test('gives back batches in order, over its end and again, and refuses what has no room yet', () => {
    const batches = fc.array(fc.record({ length: fc.nat(20), promise: fc.double({ noNaN: true }), reads: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(batches, (list) => {
        const memory = ringMemory(32);
        const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
        const sent: [number[] | undefined, number][] = [];
        const got: [number[] | undefined, number][] = [];
        const read = (): void => reader.read((words, promise) => got.push([words === undefined ? undefined : [...words], promise]));
        list.forEach(({ length, promise, reads }, n) => {
          const words = Int32Array.from({ length }, (_, i) => n * 100 + i);
          const batch = writer.takes(length) ? words : undefined;
          if (!writer.tryWrite(batch, length, promise)) {
            read();
            expect(writer.tryWrite(batch, length, promise)).toBe(true);
          }
          sent.push([batch === undefined ? undefined : [...batch], promise]);
          if (reads) read();
        });
        read();
        expect(got).toEqual(sent);
        expect(reader.hasNews).toBe(false);
      }),
      { seed: 5 },
    );
  });

  test('is full until it is read', () => {
    const memory = ringMemory(16);
    const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
    const batch = Int32Array.of(1, 2, 3, 4, 5);
    expect([writer.takes(5), writer.takes(6)]).toEqual([true, false]);
    expect([writer.tryWrite(batch, 5, 1), writer.tryWrite(batch, 5, 2), writer.tryWrite(batch, 5, 3)]).toEqual([true, true, false]);
    expect(reader.hasNews).toBe(true);
    reader.read(() => undefined);
    expect(writer.tryWrite(batch, 5, 3)).toBe(true);
  });
});
