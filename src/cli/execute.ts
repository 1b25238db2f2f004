/** Runs a scenario for a command: lock, progress, Ctrl-C, files, verdict table, exit code. */

import { join } from 'node:path';
import {
  AUDIT_FILE,
  auditBytes,
  auditOf,
  type Checkpoints,
  EXPLAIN_FILE,
  type ExplainChoice,
  explainBytes,
  extenderFiles,
  type FinishedRun,
  failureOf,
  HISTORY_FILE,
  HOST_BUILDER,
  historyLines,
  INVARIANTS,
  loadControllers,
  loadExtenders,
  loadPlugins,
  type OutDirectory,
  type OwnFiles,
  openOutDirectory,
  type Result,
  type Runner,
  rejected,
  resultText,
  runInThisProcess,
  runScenario,
  SPANS_FILE,
  spansBytes,
  Tap,
  tappedRunner,
  violationText,
  WIRE_INVARIANTS,
  whyNoWires,
} from '#experiment';
import type { Scenario } from '#scenario';
import { ProgressLine } from './progress.ts';
import { resumption } from './run-checkpoints.ts';
import { defaultShards, type RunFlags } from './run-options.ts';
import { verdictTable } from './verdict-table.ts';
import { VERSION } from './version.ts';

/** In process, or on the pool of shards. */
export async function runnerFor(shards: number, own: OwnFiles = {}): Promise<Runner> {
  if (shards === 0) return runInThisProcess;
  const { runSharded } = await import('#workers');
  return async (world, options) => {
    const outcome = await runSharded(world, { ...options, builder: { ...HOST_BUILDER, argument: own } });
    return { ...outcome, barrierSeconds: outcome.shards.barrierSeconds };
  };
}

/** Ctrl-C once: a partial result; twice: out at once. */
export function onInterrupt(what = 'a partial result will be written'): { readonly asked: () => boolean; readonly release: () => void } {
  let asked = false;
  const handler = (): void => {
    if (asked) process.exit(130);
    asked = true;
    process.stderr.write(`\nstopping: ${what} (again: stop at once)\n`);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    asked: () => asked,
    release() {
      process.removeListener('SIGINT', handler);
      process.removeListener('SIGTERM', handler);
    },
  };
}

/** Runs, writes and prints (`table` first); the exit code: 0 well, 1 a verdict failed or the run did, 130 interrupted. */
export async function execute(scenario: Scenario, flags: RunFlags, table?: (finished: FinishedRun) => string): Promise<number> {
  const nodes = scenario.cluster.nodes.reduce((sum, pool) => sum + pool.count, 0);
  const plugins = await loadPlugins(flags.plugin ?? []);
  const extenders = await loadExtenders(scenario, flags.extender);
  const controllers = await loadControllers(flags.controller ?? []);
  const out = openOutDirectory(flags.out ?? join('out', scenario.name));
  const explain = flags.explain ?? 'failed';
  const interrupt = onInterrupt();
  const progress = new ProgressLine(process.stderr, flags.quiet === true);
  try {
    const resumed = resumption(scenario, flags, flags.shards ?? (flags.check === true ? 0 : await defaultShards(nodes)), out);
    if (resumed.done !== undefined) return showDone(resumed.done, scenario, out, flags.json === true);
    const { shards, checkpoints } = resumed;
    const noWires = flags.check === true ? whyNoWires(scenario, shards) : 'nobody asked';
    const tap = noWires === undefined ? new Tap() : undefined;
    const finished = await runScenario(scenario, {
      seed: flags.seed ?? scenario.seed,
      shards,
      runner:
        tap === undefined
          ? await runnerFor(shards, { plugins: plugins.files, extenders: extenderFiles(extenders), controllers: controllers.files })
          : tappedRunner(tap),
      version: VERSION,
      onProgress: (state) => progress.show(state),
      interrupted: interrupt.asked,
      world: {
        plugins: plugins.names,
        ownControllers: controllers.names,
        extenders,
        cost: flags.cost ?? 'model',
        recordHistory: flags.recordHistory === true,
        check: flags.check === true,
      },
      explain,
      ...(checkpoints === undefined ? {} : { checkpoints }),
    });
    progress.finish();
    const files = await writeFiles(out, finished, explain, checkpoints);
    const isJson = flags.json === true;
    if (isJson) process.stdout.write(`${JSON.stringify(finished.result)}\n`);
    else {
      if (table !== undefined) process.stdout.write(table(finished));
      process.stdout.write(verdictTable(finished.result));
      process.stdout.write(`${files.map((file) => `  ${file}\n`).join('')}`);
    }
    const isSound = reportAudit(finished, isJson, tap ?? noWires);
    const code = exitCode(finished, scenario);
    return code === 0 && !isSound ? 1 : code;
  } finally {
    progress.finish();
    interrupt.release();
    out.close();
  }
}

/** Says what the auditor and who listened on the wires found, if there was one; false when an invariant was violated. */
function reportAudit({ run }: FinishedRun, isJson: boolean, wires: Tap | string | undefined): boolean {
  const audit = auditOf(run.recorded);
  if (audit === undefined) return true;
  const onWires = wires instanceof Tap ? wires.violations : [];
  const violations = [...audit.violations, ...onWires].sort((a, b) => a.at - b.at);
  for (const violation of violations) process.stderr.write(`${violationText(violation, WIRE_INVARIANTS)}\n`);
  const found = violations.length;
  const count = INVARIANTS.length + (wires instanceof Tap ? Object.keys(WIRE_INVARIANTS).filter(isOnWiresOnly).length : 0);
  const stream = isJson ? process.stderr : process.stdout;
  stream.write(`  ${count} invariants, ${audit.changes} changes: ${found === 0 ? 'all hold' : `${found} violations`}\n`);
  if (typeof wires === 'string') stream.write(`  those on the wires were not asked: ${wires}\n`);
  return found === 0;
}

const isOnWiresOnly = (id: string): boolean => !INVARIANTS.some((one) => one.id === id);

/** `--resume` of a run that is whole: what it came to is shown again. */
function showDone(result: Result, scenario: Scenario, out: OutDirectory, isJson: boolean): number {
  process.stderr.write(`the run in ${out.path} is done already: leave --resume away to run it again\n`);
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : verdictTable(result));
  const failure = failureOf(result, scenario);
  if (failure !== undefined) process.stderr.write(`wavetank: ${scenario.name}: ${failure}\n`);
  return failure === undefined && result.verdicts.every((verdict) => verdict.pass) ? 0 : 1;
}

export async function writeFiles(
  out: OutDirectory,
  { result, run, built }: FinishedRun,
  explain: ExplainChoice,
  checkpoints?: Checkpoints,
): Promise<string[]> {
  const { renderReport } = await import('#report');
  const files: (readonly [name: string, content: string | Uint8Array])[] = [['result.json', resultText(result)]];
  const audit = auditBytes(run.recorded);
  if (audit !== undefined) files.push([AUDIT_FILE, audit]);
  if (built.world.hosts.some(({ config }) => (config as { recordHistory?: boolean } | undefined)?.recordHistory === true))
    files.push([HISTORY_FILE, historyLines(run.recorded, `${result.scenario}, seed ${result.seed}`)]);
  files.push(['report.html', await renderReport(result)]);
  const shown = files.length;
  files.push([SPANS_FILE, spansBytes(run.recorded, built.world.hosts)]);
  files.push([EXPLAIN_FILE, explainBytes(run.recorded, built.world.hosts, { explain, version: VERSION, digest: result.digest })]);
  // An interrupted run keeps its checkpoint: it can be gone on with.
  if (result.partial) checkpoints?.save();
  else if (checkpoints !== undefined) files.push(checkpoints.finish(result.digest, result));
  return out.writeAll(files).slice(0, shown);
}

function exitCode({ result, run }: FinishedRun, scenario: Scenario): number {
  const failure = failureOf(result, scenario);
  if (failure !== undefined) {
    // Nothing was scheduled: the scheduler's own words say why.
    const why = result.partial || result.podsBound > 0 ? undefined : rejected(run.recorded)[0]?.reason;
    process.stderr.write(`wavetank: ${scenario.name}: ${failure}${why === undefined ? '' : `: ${why}`}\n`);
    return result.ended?.startsWith('interrupted') === true ? 130 : 1;
  }
  return result.verdicts.every((verdict) => verdict.pass) ? 0 : 1;
}
