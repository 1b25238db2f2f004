/** The tests of one core file, as Stryker runs them for each mutant: those that `main.ts` names, with fewer random cases. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: (process.env['MUTATION_TESTS'] ?? '').split(','),
    setupFiles: ['test/mutation/fewer-cases.ts'],
    testTimeout: 60_000,
  },
});
