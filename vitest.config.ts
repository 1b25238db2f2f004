/** The tests as projects, so that each kind can be run alone: `vitest run --project property`. A file's place or its last name decides. */
import { defineConfig } from 'vitest/config';

const kinds = {
  property: ['test/**/*.property.test.ts', 'test/property/**/*.test.ts'],
  transcripts: ['test/**/*.transcript.test.ts', 'test/**/transcripts/**/*.test.ts', 'test/**/transcripts.test.ts'],
  conformance: ['test/**/*.conformance.test.ts', 'test/conformance/**/*.test.ts', 'test/**/conformance.test.ts'],
  determinism: ['test/**/*.determinism.test.ts', 'test/determinism/**/*.test.ts', 'test/**/determinism.test.ts'],
  threads: ['test/**/*.threads.test.ts', 'test/threads/**/*.test.ts', 'test/**/threads.test.ts'],
  tidy: ['test/tidy/**/*.test.ts'],
  browser: ['test/**/*.browser.test.ts', 'test/**/browser.test.ts'],
};
const seconds = (n: number) => n * 1000;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: Object.values(kinds).flat(),
          testTimeout: seconds(300),
        },
      },
      ...Object.entries(kinds).map(([name, include]) => ({
        // Worker threads that a test starts must not inherit vitest's flags; and two browsers at once starve on two cores.
        test: { name, include, testTimeout: seconds(600), hookTimeout: seconds(600), fileParallelism: name !== 'browser' },
      })),
    ],
  },
});
