/** What a progress line says on a terminal and in a pipe, and when. */

import { describe, expect, test } from 'vitest';
import { StepProgress } from '../../src/cli/step-progress.ts';

function line(isTTY: boolean, quiet = false) {
  let text = '';
  let now = 1_000;
  const stream = { isTTY, write: (more: string | Uint8Array) => (text += String(more)) !== '' };
  const progress = new StepProgress(stream, quiet, () => now);
  return {
    progress,
    at(ms: number, share: number, words: string): string {
      now = 1_000 + ms;
      const before = text.length;
      progress.show(share, () => words);
      return text.slice(before);
    },
  };
}

describe('progress of a command', () => {
  test('in a pipe is a line every ten seconds, with how long the rest takes', () => {
    const { at } = line(false);
    expect(at(0, 0, '0 of 80')).toBe('');
    expect(at(9_000, 0.2, '16 of 80')).toBe('');
    expect(at(10_000, 0.25, '20 of 80')).toBe('25 %: 20 of 80, 30s left\n');
    expect(at(19_000, 0.5, '40 of 80')).toBe('');
    expect(at(20_000, 0.5, '40 of 80')).toBe('50 %: 40 of 80, 20s left\n');
  });

  test('on a terminal is one line that changes ten times a second and is taken away', () => {
    const { at, progress } = line(true);
    expect(at(0, 0, '0 of 4')).toBe(`\r\x1b[2K${'░'.repeat(24)} 0 of 4`);
    expect(at(99, 0.25, '1 of 4')).toBe('');
    expect(at(1_000, 0.5, '2 of 4')).toBe(`\r\x1b[2K${'█'.repeat(12)}${'░'.repeat(12)} 2 of 4, 1s left`);
    progress.finish();
    expect(at(1_001, 0.6, '')).toBe('');
  });

  test('takes what was done before for no measure of speed', () => {
    const { at } = line(false);
    at(0, 0.5, '');
    expect(at(10_000, 0.75, '3 of 4')).toBe('75 %: 3 of 4, 10s left\n');
  });

  test('with --quiet is nothing', () => {
    expect(line(true, true).at(0, 0.5, 'half')).toBe('');
    expect(line(false, true).at(60_000, 0.5, 'half')).toBe('');
  });
});
