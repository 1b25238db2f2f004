/** A test runner for StrykerJS that starts no process for a mutant. vitest's own takes most of a second to begin a file; here each mutant gets its sources and
 *  tests imported anew under a number of their own, in one process, which takes milliseconds. What loops is stopped by the processor time it took, not by
 *  the clock on the wall: a busy machine changes no score. */

import { globSync, readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import type { DryRunOptions, DryRunResult, MutantRunOptions, MutantRunResult, TestResult } from '@stryker-mutator/api/test-runner';
import type { CollectedTest } from './test-shim.ts';

/** What the changed sources look at. */
interface Switch {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

/** A test may take so many milliseconds, and so many times what it takes unchanged. */
const LEAST_MS = 200;
const TIMES = 6;

const shimUrl = new URL('test-shim.ts', import.meta.url).href;
const casesUrl = new URL('few-cases.ts', import.meta.url).href;
const sources = new Map<string, string>();
const spent = new Map<string, number>();
const state = globalThis as unknown as { __stryker__: Switch; __body: () => unknown };
let generation = 0;

/** A large room that imports nothing of ours: it need not be loaded anew for a change elsewhere. */
const GROUND = 'src/api/';

function hookImports(root: string): void {
  const rootUrl = pathToFileURL(`${root}/`).href;
  const changed = process.env['MUTATION_FILE'] ?? '';
  const settled = changed === '' || changed.startsWith(GROUND) ? undefined : rootUrl + GROUND;
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? '';
      if (specifier === 'vitest' && parent !== shimUrl) return { url: shimUrl, format: 'module-typescript', shortCircuit: true };
      if (specifier === 'fast-check' && parent !== casesUrl) return { url: casesUrl, format: 'module-typescript', shortCircuit: true };
      const found = next(specifier, context);
      const ours = parent.includes('?g=') && found.url.startsWith(rootUrl) && found.url.endsWith('.ts');
      if (!ours || (settled !== undefined && found.url.startsWith(settled))) return found;
      return { ...found, url: `${found.url}?g=${generation}` };
    },
    load(url, context, next) {
      if (!url.startsWith(rootUrl) || !url.includes('?g=')) return next(url, context);
      const path = fileURLToPath(url);
      let source = sources.get(path);
      if (source === undefined) {
        source = stripTypeScriptTypes(readFileSync(path, 'utf8'));
        sources.set(path, source);
      }
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

class Endless extends Error {}

/** Calls `body`; throws `Endless` when it took more than `limit` milliseconds of processor time. */
async function bounded(body: () => unknown, limit: number): Promise<void> {
  state.__body = body;
  const before = process.cpuUsage();
  for (let wall = limit; ; wall *= 2) {
    try {
      await runInThisContext('__body()', { timeout: Math.ceil(wall) });
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 > limit * 0.8) throw new Endless(`more than ${limit} ms`);
    }
  }
}

class PlainRunner {
  #files: readonly string[] = [];
  #shim: { takeCollected(): readonly CollectedTest[] } | undefined;

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    // Stryker's copy of the sources, into which it has gone by now.
    const root = process.cwd();
    hookImports(root);
    state.__stryker__ = {};
    const patterns = (process.env['MUTATION_TESTS'] ?? '').split(',');
    this.#files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }).sort()).map((file) => join(root, file));
    this.#shim = (await import(shimUrl)) as { takeCollected(): readonly CollectedTest[] };
  }

  async dryRun(_options: DryRunOptions): Promise<DryRunResult> {
    const tests = await this.#run(undefined, undefined);
    const mutantCoverage = structuredClone(state.__stryker__.mutantCoverage ?? { static: {}, perTest: {} });
    // Loaded again and not changed, they must pass as they did the first time: else every mutant would seem noticed.
    const again = await this.#run(undefined, 'none');
    const failed = [...tests, ...again].find(({ status }) => status === 1);
    if (failed !== undefined && 'failureMessage' in failed)
      return { status: 'error' as never, errorMessage: `${failed.name}: ${failed.failureMessage}` };
    return { status: 'complete' as never, tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation }: MutantRunOptions): Promise<MutantRunResult> {
    const control = state.__stryker__;
    control.hitCount = 0;
    control.hitLimit = hitLimit;
    control.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    try {
      const tests = await this.#run(wanted, activeMutant.id);
      const failed = tests.find(({ status }) => status === 1);
      if (hitLimit !== undefined && control.hitCount > hitLimit) return { status: 'timeout' as never, reason: 'hit limit' };
      if (failed === undefined) return { status: 'survived' as never, nrOfTests: tests.length };
      const failureMessage = 'failureMessage' in failed ? failed.failureMessage : '';
      return { status: 'killed' as never, killedBy: [failed.id], failureMessage, nrOfTests: tests.length };
    } catch (error) {
      if (error instanceof Endless) return { status: 'timeout' as never, reason: error.message };
      throw error;
    } finally {
      control.activeMutant = undefined;
    }
  }

  /** Runs until the first that fails. */
  async #run(wanted: ReadonlySet<string> | undefined, mutant: string | undefined): Promise<TestResult[]> {
    generation++;
    const tests: [id: string, test: CollectedTest][] = [];
    for (const file of this.#files) {
      if (wanted !== undefined && ![...wanted].some((id) => id.startsWith(`${file}#`))) continue;
      try {
        await import(`${pathToFileURL(file).href}?g=${generation}`);
      } catch (error) {
        this.#shim?.takeCollected();
        return [{ id: `${file}#import`, name: 'import', timeSpentMs: 0, status: 1, failureMessage: String(error) }];
      }
      for (const test of this.#shim?.takeCollected() ?? []) {
        const id = `${file}#${test.name}`;
        if (wanted === undefined || wanted.has(id)) tests.push([id, test]);
      }
    }
    state.__stryker__.activeMutant = mutant;
    // The quick ones notice most of what there is to notice.
    if (mutant !== undefined) tests.sort(([a], [b]) => (spent.get(a) ?? 0) - (spent.get(b) ?? 0));
    const results: TestResult[] = [];
    for (const [id, test] of tests) {
      const result = await this.#one(test, id, mutant === undefined);
      results.push(result);
      if (result.status === 1) break;
    }
    return results;
  }

  async #one({ name, before, run, after }: CollectedTest, id: string, unchanged: boolean): Promise<TestResult> {
    const start = process.cpuUsage();
    const limit = unchanged ? 60_000 : LEAST_MS + TIMES * (spent.get(id) ?? 1000);
    state.__stryker__.currentTestId = unchanged ? id : undefined;
    try {
      for (const each of before) await each();
      await bounded(run, limit);
      for (const each of after) await each();
      const { user, system } = process.cpuUsage(start);
      const timeSpentMs = (user + system) / 1000;
      if (unchanged) spent.set(id, timeSpentMs);
      return { id, name, timeSpentMs, status: 0 };
    } catch (error) {
      if (error instanceof Endless) throw error;
      return { id, name, timeSpentMs: 0, status: 1, failureMessage: error instanceof Error ? error.message : String(error) };
    } finally {
      state.__stryker__.currentTestId = undefined;
    }
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'plain', injectableClass: PlainRunner }];
