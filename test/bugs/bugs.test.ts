import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUGS } from './index.ts';

describe('seeded bugs', () => {
  it('are forty at least, some of them to be found soon', () => {
    expect(Object.keys(BUGS).length).toBeGreaterThanOrEqual(40);
    expect(Object.values(BUGS).filter(({ marked }) => marked).length).toBeGreaterThanOrEqual(12);
  });

  // Each replaces methods of this test's own process: one whose method has gone throws.
  it.each(Object.entries(BUGS))('%s still has its place', (_name, { inject, breaks }) => {
    expect(breaks.length).toBeGreaterThan(10);
    expect(inject).not.toThrow();
  });

  it('are in no package', () => {
    const { files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { files: readonly string[] };
    expect(files.filter((file) => file.startsWith('test'))).toEqual([]);
  });
});
