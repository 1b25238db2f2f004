/** Stages of KWOK (kwok.x-k8s.io/v1alpha1) as settings of our kubelets, so that people keep those they have. What a Stage does to a pod is read from its `next`
 *  (or `steps`): a template that gives a pending pod its address is the sandbox, one of init containers their start or end, one that sets phase Running a start,
 *  Succeeded or Failed an end, `delete` the time from deletion to the end; its delay, with jitter up to jitterDurationMilliseconds, is how long that takes.
 *  Nothing is pulled then and what no Stage speaks of takes no time, as in KWOK; readiness and the rest follow from probes. Node stages: initialization says
 *  when nodes are ready, heartbeats are our kubelets' own. Delays by annotation are the kubelet's to read (src/kubelet/behaviour.ts).
 *  Departures: templates are not rendered and weights not drawn (a weight by annotation is as without one); what is more than this is refused by its name. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Source } from './source.ts';
import { type Place, printable, UserError } from './user-error.ts';

type Written = Readonly<Record<string, unknown>>;

/** What of a Stage is understood; further names are refused. */
const SPEC = ['resourceRef', 'selector', 'weight', 'weightFrom', 'delay', 'next', 'steps', 'immediateNextStage'];
const DELAY = ['durationMilliseconds', 'jitterDurationMilliseconds', 'durationFrom', 'jitterDurationFrom'];
const NEXT = ['event', 'finalizers', 'delete', 'statusTemplate', 'statusSubresource', 'statusPatchAs'];
/** A delay up to the end of the grace period: what most pods have of it. */
const GRACE_SECONDS = 30;
/** How a selector says that it means pods of Jobs. */
const JOB = /ownerReferences|Job/;

interface Settings {
  readonly [name: string]: unknown;
}

/** `written`: files beside the scenario, or Stages in place. */
export function stageSettings(written: unknown, source: Source): Settings {
  if (written === undefined) return {};
  const settings: Record<string, unknown> = {};
  const costs: Record<string, unknown> = {
    mountSeconds: 0,
    sandboxSeconds: 0,
    sandboxStopSeconds: 0,
    pullResolveSeconds: 0,
    unpackBytesPerSecond: 1e12,
  };
  (written as readonly unknown[]).forEach((entry, index) => {
    const place = source.placeOf(['cluster', 'kubelets', 'stages', index]);
    for (const stage of typeof entry === 'string' ? stagesOf(entry, source, place) : [entry as Written])
      apply(stage, settings, costs, place);
  });
  return { ...settings, imageBytes: 1, registryPullQps: 0, costOverrides: costs };
}

function stagesOf(file: string, source: Source, place: Place): readonly Written[] {
  const path = isAbsolute(file) ? file : join(dirname(source.file), file);
  if (!existsSync(path)) throw UserError.at(place, `'cluster.kubelets.stages': no file '${printable(file)}'`);
  return parseAllDocuments(readFileSync(path, 'utf8')).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw UserError.at({ file: path }, `is no YAML: ${printable(error.message.split('\n')[0] ?? '')}`);
    const value = document.toJS() as Written | null;
    return value === null ? [] : [value];
  });
}

function apply(stage: Written, settings: Record<string, unknown>, costs: Record<string, unknown>, place: Place): void {
  const name = printable(String((stage['metadata'] as Written | undefined)?.['name'] ?? '(no name)'));
  const refuse = (what: string): never => {
    throw UserError.at(place, `Stage '${name}': ${what}`);
  };
  if (stage['apiVersion'] !== 'kwok.x-k8s.io/v1alpha1' || stage['kind'] !== 'Stage')
    refuse(
      `expected kind Stage of kwok.x-k8s.io/v1alpha1, found ${printable(`${String(stage['kind'])} of ${String(stage['apiVersion'])}`)}`,
    );
  const spec = (stage['spec'] ?? {}) as Written;
  const known = (fields: Written, names: readonly string[], where: string): void => {
    const unknown = Object.keys(fields).find((field) => !names.includes(field));
    if (unknown !== undefined) refuse(`'${where}.${printable(unknown)}' is not supported (supported: ${names.join(', ')})`);
  };
  known(spec, SPEC, 'spec');
  const delay = (spec['delay'] ?? {}) as Written;
  known(delay, DELAY, 'spec.delay');
  const kind = String((spec['resourceRef'] as Written | undefined)?.['kind'] ?? '');
  if (kind !== 'Pod' && kind !== 'Node') refuse(`'spec.resourceRef.kind' must be Pod or Node, found '${printable(kind)}'`);
  if (spec['weight'] !== undefined && spec['weight'] !== 0 && spec['weight'] !== 1)
    refuse("'spec.weight' is not supported: Stages are not drawn");
  const seconds = secondsOf(delay, refuse);
  const { template, deletes } = effectOf(spec, known, refuse);
  if (kind === 'Node') {
    if (/type:\s*"?Ready"?/.test(template) && spec['immediateNextStage'] !== undefined) settings['runtimeReadySeconds'] = seconds;
    else if (template !== '' && !/eartbeat/.test(name)) settings['runtimeReadySeconds'] = seconds;
    return;
  }
  if (deletes) costs['stopSeconds'] = seconds;
  if (/^\s*initContainerStatuses:/m.test(template) && applyToInit(template, settings, costs, seconds)) return;
  const phase = /^\s*phase:\s*"?(\w+)"?\s*$/m.exec(template)?.[1];
  if (phase === 'Pending' && /^\s*podIP:/m.test(template)) costs['sandboxSeconds'] = seconds;
  if (phase === undefined || phase === 'Pending') return;
  if (phase === 'Running') costs['startSeconds'] = seconds;
  else if (phase === 'Succeeded' || phase === 'Failed') {
    const exitCode = Number(/exitCode:\s*(\d+)/.exec(template)?.[1] ?? (phase === 'Failed' ? 1 : 0));
    const forJobs = JOB.test(JSON.stringify(spec['selector'] ?? {}));
    if (forJobs && exitCode === 0) settings['jobRunSeconds'] = seconds;
    else settings['behaviour'] = { runSeconds: seconds, exitCode };
  } else refuse(`its template sets phase '${phase}'`);
}

/** A Stage of init containers: they start, or they are done. The start of all containers is one cost here, and that of the main ones goes before. */
function applyToInit(template: string, settings: Record<string, unknown>, costs: Record<string, unknown>, seconds: unknown): boolean {
  const init = /^\s*initContainerStatuses:([\s\S]*?)(?=^\s*containerStatuses:|$(?![\s\S]))/m.exec(template)?.[1] ?? '';
  if (/phase:/.test(template)) return false;
  if (/terminated:/.test(init)) settings['initRunSeconds'] = seconds;
  else if (/running:/.test(init)) costs['startSeconds'] ??= seconds;
  else return false;
  return true;
}

/** Between the duration and the jitter, which is a limit and not a share (pkg/utils/lifecycle, Delay). */
function secondsOf(delay: Written, refuse: (what: string) => never): unknown {
  const least = delay['durationMilliseconds'] ?? 0;
  const until = (delay['jitterDurationFrom'] as Written | undefined)?.['expressionFrom'];
  const most = delay['jitterDurationMilliseconds'] ?? (until === '.metadata.deletionTimestamp' ? GRACE_SECONDS * 1000 : least);
  if (typeof least !== 'number' || typeof most !== 'number' || least < 0)
    return refuse("'spec.delay' wants milliseconds that are not negative");
  return most > least ? { uniform: { min: least / 1000, max: most / 1000 } } : Math.min(least, most) / 1000;
}

/** The status template, whichever form it stands in, and whether the object goes. */
function effectOf(
  spec: Written,
  known: (fields: Written, names: readonly string[], where: string) => void,
  refuse: (what: string) => never,
): { readonly template: string; readonly deletes: boolean } {
  const next = (spec['next'] ?? {}) as Written;
  known(next, NEXT, 'spec.next');
  let template = String(next['statusTemplate'] ?? '');
  let deletes = next['delete'] === true;
  for (const step of (spec['steps'] ?? []) as readonly Written[]) {
    known(step, ['patch', 'delete', 'event', 'finalizers'], 'spec.steps');
    if (step['delete'] === true || (typeof step['delete'] === 'object' && step['delete'] !== null)) deletes = true;
    const patch = step['patch'] as Written | undefined;
    if (patch === undefined) continue;
    if (patch['root'] !== 'status') refuse(`'spec.steps[].patch.root' must be status, found '${printable(String(patch['root']))}'`);
    template += String(patch['template'] ?? '');
  }
  return { template, deletes };
}
