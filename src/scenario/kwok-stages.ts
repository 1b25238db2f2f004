/** Stages of KWOK (kwok.x-k8s.io/v1alpha1) as settings of our kubelets, so that people keep those they have. Each Stage's template is rendered for a pod (or
 *  node) as an example, and what the status that comes of it says is what the Stage does: a pending pod that gets its address is the sandbox, one whose init
 *  containers run or are done their start or end, phase Running a start, Succeeded or Failed an end with its exit code, `delete` the time from deletion to the
 *  end; the delay, with jitter up to jitterDurationMilliseconds, is how long that takes. A Stage that selects by labels or annotations does it to those
 *  pods. Of several ends of all pods, weights are chances. Nothing is pulled then and what no Stage speaks of takes no time, as in KWOK; readiness and the
 *  rest follow from probes. Node stages: initialization says when nodes are ready, heartbeats are our kubelets' own.
 *  Departures: a failed pod is one whose container failed (a restart policy holds); nodes that fail are faults; what is more than this is refused by its name. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isScalar, LineCounter, parse, parseAllDocuments } from 'yaml';
import { renderTemplate, TemplateError } from './go-template.ts';
import { STAGE_FUNCTIONS } from './kwok-functions.ts';
import { selectionOf } from './kwok-selection.ts';
import { EXAMPLE_NODE, EXAMPLE_POD, effectOf, type Status } from './kwok-status.ts';
import type { Source } from './source.ts';
import { type Place, printable, UserError } from './user-error.ts';

type Written = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** What of a Stage is understood; further names are refused. */
const SPEC = ['resourceRef', 'selector', 'weight', 'weightFrom', 'delay', 'next', 'steps', 'immediateNextStage'];
const DELAY = ['durationMilliseconds', 'jitterDurationMilliseconds', 'durationFrom', 'jitterDurationFrom'];
const NEXT = ['event', 'finalizers', 'delete', 'statusTemplate', 'statusSubresource', 'statusPatchAs', 'patches'];
/** A delay up to the end of the grace period: what most pods have of it. */
const GRACE_SECONDS = 30;
const SENTINEL_CODE = 77;

interface Settings {
  readonly [name: string]: unknown;
}

/** A Stage and where its parts stand. */
interface Read {
  readonly stage: Written;
  readonly placeOf: (path: Path) => Place;
}

/** One way in which all pods may end. */
interface End {
  readonly name: string;
  readonly seconds: unknown;
  readonly exitCode: number;
  readonly weight: number;
}

/** What the Stages come to. */
class Plan {
  readonly settings: Record<string, unknown> = {};
  readonly costs: Record<string, unknown> = {
    mountSeconds: 0,
    sandboxSeconds: 0,
    sandboxStopSeconds: 0,
    pullResolveSeconds: 0,
    unpackBytesPerSecond: 1e12,
  };
  readonly staged: object[] = [];
  readonly ends: End[] = [];
}

/** `written`: files beside the scenario, or Stages in place. */
export function stageSettings(written: unknown, source: Source): Settings {
  if (written === undefined) return {};
  const plan = new Plan();
  (written as readonly unknown[]).forEach((entry, index) => {
    const path = ['cluster', 'kubelets', 'stages', index];
    const here = (rest: Path): Place => source.placeOf([...path, ...rest]);
    const found = typeof entry === 'string' ? stagesOf(entry, source, here([])) : [{ stage: entry as Written, placeOf: here }];
    for (const read of found) new StageReader(read, plan).apply();
  });
  if (plan.ends.length > 0) plan.settings['behaviour'] = together(plan.ends);
  if (plan.staged.length > 0) plan.settings['stages'] = plan.staged;
  return { ...plan.settings, imageBytes: 1, registryPullQps: 0, costOverrides: plan.costs };
}

function together(ends: readonly End[]): object {
  const [first] = ends as readonly [End, ...End[]];
  if (ends.length === 1) return { runSeconds: first.seconds, exitCode: first.exitCode };
  const sum = ends.reduce((all, { weight }) => all + weight, 0);
  const chances: Record<string, number> = {};
  for (const { exitCode, weight } of ends) chances[exitCode] = (chances[exitCode] ?? 0) + (sum > 0 ? weight / sum : 1 / ends.length);
  return { runSeconds: first.seconds, exitCode: chances };
}

function stagesOf(file: string, source: Source, place: Place): readonly Read[] {
  const path = isAbsolute(file) ? file : join(dirname(source.file), file);
  if (!existsSync(path)) throw UserError.at(place, `'cluster.kubelets.stages': no file '${printable(file)}'`);
  const lines = new LineCounter();
  return parseAllDocuments(readFileSync(path, 'utf8'), { lineCounter: lines }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw UserError.at(
        { file: path, line: lines.linePos(error.pos[0]).line },
        `is no YAML: ${printable(error.message.split('\n')[0] ?? '')}`,
      );
    const value = document.toJS({ maxAliasCount: 100 }) as Written | null;
    if (value === null) return [];
    const placeOf = (rest: Path): Place => {
      for (let length = rest.length; length >= 0; length--) {
        const node = length === 0 ? document.contents : document.getIn(rest.slice(0, length), true);
        const at =
          isScalar(node) || length > 0 || node !== null ? (node as { range?: readonly number[] } | undefined)?.range?.[0] : undefined;
        if (at !== undefined) return { file: path, line: lines.linePos(at).line };
      }
      return { file: path };
    };
    return [{ stage: value, placeOf }];
  });
}

class StageReader {
  private readonly stage: Written;
  private readonly spec: Written;
  private readonly placeOf: (path: Path) => Place;
  private readonly plan: Plan;
  private readonly name: string;

  constructor({ stage, placeOf }: Read, plan: Plan) {
    this.stage = stage;
    this.spec = (typeof stage['spec'] === 'object' && stage['spec'] !== null ? stage['spec'] : {}) as Written;
    this.placeOf = placeOf;
    this.plan = plan;
    this.name = printable(String((stage['metadata'] as Written | undefined)?.['name'] ?? '(no name)'));
  }

  private refuse(what: string, path: Path = []): never {
    throw UserError.at(this.placeOf(path), `Stage '${this.name}': ${what}`);
  }

  private known(fields: Written, names: readonly string[], path: Path): void {
    const unknown = Object.keys(fields).find((field) => !names.includes(field));
    if (unknown !== undefined)
      this.refuse(`'${path.join('.')}.${printable(unknown)}' is not supported (supported: ${names.join(', ')})`, [...path, unknown]);
  }

  apply(): void {
    const { stage, spec } = this;
    if (stage['apiVersion'] !== 'kwok.x-k8s.io/v1alpha1' || stage['kind'] !== 'Stage')
      this.refuse(
        `expected kind Stage of kwok.x-k8s.io/v1alpha1, found ${printable(`${String(stage['kind'])} of ${String(stage['apiVersion'])}`)}`,
      );
    this.known(spec, SPEC, ['spec']);
    const delay = (spec['delay'] ?? {}) as Written;
    this.known(delay, DELAY, ['spec', 'delay']);
    const kind = String((spec['resourceRef'] as Written | undefined)?.['kind'] ?? '');
    if (kind !== 'Pod' && kind !== 'Node')
      this.refuse(`'spec.resourceRef.kind' must be Pod or Node, found '${printable(kind)}'`, ['spec', 'resourceRef', 'kind']);
    const weight = spec['weight'] ?? 0;
    if (typeof weight !== 'number' || weight < 0) this.refuse("'spec.weight' wants a number that is not negative", ['spec', 'weight']);
    const seconds = this.seconds(delay);
    if (kind === 'Node') this.node(seconds);
    else this.pod(seconds, delay, weight);
  }

  /** Initialization; of heartbeats nothing is taken. */
  private node(seconds: unknown): void {
    const status = this.status(EXAMPLE_NODE);
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'False') this.refuse('nodes that fail are faults here (crashNodes, partitionNodes, pauseNodes)', ['spec']);
    if (ready === undefined || (/eartbeat/.test(this.name) && this.spec['immediateNextStage'] === undefined)) return;
    if (!/eartbeat/.test(this.name)) this.plan.settings['runtimeReadySeconds'] = seconds;
  }

  private pod(seconds: unknown, delay: Written, weight: number): void {
    const { settings, costs, staged, ends } = this.plan;
    const selection = selectionOf(this.spec['selector'], (what) => this.refuse(what, ['spec', 'selector']));
    const status = this.status(EXAMPLE_POD);
    const { phase, gives, exitCode } = effectOf(status);
    const deletes = this.deletes();
    const isScoped = selection.select.length > 0;
    if (isScoped || gives === 'init-failed') {
      const delays = deletes ? 'stopSeconds' : gives === 'started' ? 'startSeconds' : 'runSeconds';
      if (!deletes && (gives === 'nothing' || gives === 'sandbox' || gives === 'init-started')) return;
      const containers = gives === 'init-failed' || gives === 'init-done' ? 'init' : 'main';
      const behaviour = { [delays]: seconds, ...(delays === 'runSeconds' ? { exitCode } : {}) };
      staged.push({ select: selection.select, containers, behaviour, delays, ...this.annotations(delay, gives) });
      return;
    }
    if (deletes) costs['stopSeconds'] = seconds;
    if (gives === 'sandbox') costs['sandboxSeconds'] = seconds;
    else if (gives === 'init-done') settings['initRunSeconds'] = seconds;
    else if (gives === 'init-started') costs['startSeconds'] ??= seconds;
    else if (gives === 'started') costs['startSeconds'] = seconds;
    else if (gives === 'ended') {
      if (selection.forJobs && exitCode === 0) settings['jobRunSeconds'] = seconds;
      else {
        const other = ends.find((end) => JSON.stringify(end.seconds) !== JSON.stringify(seconds));
        if (other !== undefined)
          this.refuse(`ends pods after another delay than Stage '${other.name}', of which it is drawn`, ['spec', 'delay']);
        ends.push({ name: this.name, seconds, exitCode, weight });
      }
    } else if (phase !== undefined && phase !== 'Pending') this.refuse(`its template sets phase '${printable(phase)}'`, ['spec', 'next']);
  }

  /** Between the duration and the jitter, which is a limit and not a share (pkg/utils/lifecycle, Delay). */
  private seconds(delay: Written): unknown {
    const least = delay['durationMilliseconds'] ?? 0;
    const until = (delay['jitterDurationFrom'] as Written | undefined)?.['expressionFrom'];
    const most = delay['jitterDurationMilliseconds'] ?? (until === '.metadata.deletionTimestamp' ? GRACE_SECONDS * 1000 : least);
    if (typeof least !== 'number' || typeof most !== 'number' || least < 0)
      return this.refuse("'spec.delay' wants milliseconds that are not negative", ['spec', 'delay']);
    return most > least ? { uniform: { min: least / 1000, max: most / 1000 } } : Math.min(least, most) / 1000;
  }

  /** Annotations of pods that say more: of delays by their expressions, of exit codes and containers by what they change in the status. */
  private annotations(delay: Written, gives: string): object {
    const keyOf = (field: string): string | undefined =>
      /^\.metadata\.annotations\["([^"]+)"\]$/.exec(String((delay[field] as Written | undefined)?.['expressionFrom'] ?? ''))?.[1];
    const found: Record<string, string> = {};
    const [delayFrom, jitterFrom] = [keyOf('durationFrom'), keyOf('jitterDurationFrom')];
    if (delayFrom !== undefined) found['delayFrom'] = delayFrom;
    if (jitterFrom !== undefined) found['jitterFrom'] = jitterFrom;
    if (gives !== 'ended' && gives !== 'init-failed') return found;
    const plain = JSON.stringify(this.status(EXAMPLE_POD));
    for (const { text } of this.templates()) {
      for (const [, key] of text.matchAll(/index\s+\S+\s+"([^"]+)"/g)) {
        const told = (value: string): Status =>
          this.status({ ...EXAMPLE_POD, metadata: { ...EXAMPLE_POD.metadata, annotations: { [key as string]: value } } });
        if (effectOf(told(String(SENTINEL_CODE))).exitCode === SENTINEL_CODE) found['exitCodeFrom'] = key as string;
        else if (JSON.stringify(told('second')) !== plain && effectOf(told('second')).only === 'second')
          found['containerFrom'] = key as string;
      }
    }
    return found;
  }

  private templates(): readonly { readonly text: string; readonly path: Path }[] {
    const next = (this.spec['next'] ?? {}) as Written;
    this.known(next, NEXT, ['spec', 'next']);
    const found: { text: string; path: Path }[] = [];
    if (next['statusTemplate'] !== undefined)
      found.push({ text: String(next['statusTemplate']), path: ['spec', 'next', 'statusTemplate'] });
    const patches = (list: unknown, path: Path, of: (entry: Written) => unknown): void => {
      ((list ?? []) as readonly Written[]).forEach((entry, index) => {
        const patch = of(entry) as Written | undefined;
        if (patch === undefined) return;
        const where = [...path, index];
        if (patch['root'] !== undefined && patch['root'] !== 'status')
          this.refuse(`'${path.join('.')}[].patch.root' must be status, found '${printable(String(patch['root']))}'`, where);
        found.push({ text: String(patch['template'] ?? ''), path: [...where, ...(patch === entry ? [] : ['patch']), 'template'] });
      });
    };
    patches(next['patches'], ['spec', 'next', 'patches'], (entry) => entry);
    ((this.spec['steps'] ?? []) as readonly Written[]).forEach((step, index) => {
      this.known(step, ['patch', 'delete', 'event', 'finalizers'], ['spec', 'steps', index]);
    });
    patches(this.spec['steps'], ['spec', 'steps'], (step) => step['patch']);
    return found;
  }

  private deletes(): boolean {
    if (((this.spec['next'] ?? {}) as Written)['delete'] === true) return true;
    const steps = (this.spec['steps'] ?? []) as readonly Written[];
    return steps.some((step) => step['delete'] === true || (typeof step['delete'] === 'object' && step['delete'] !== null));
  }

  /** What the templates make of the example. */
  private status(example: object): Status {
    let status: Written = {};
    for (const { text, path } of this.templates()) {
      const place = this.placeOf(path);
      const line = (of: number): Place =>
        place.line === undefined ? place : { ...place, line: place.line + of - (text.includes('\n') ? 0 : 1) };
      try {
        const made: unknown = parse(renderTemplate(text, example, STAGE_FUNCTIONS));
        if (typeof made === 'object' && made !== null) status = { ...status, ...(made as Written) };
        else if (made !== null && made !== undefined) throw new TemplateError('does not come to a status, a map', 1);
      } catch (error) {
        if (error instanceof TemplateError)
          throw UserError.at(line(error.line), `Stage '${this.name}': its template: ${printable(error.message)}`);
        const message = (error as Error).message.split('\n')[0] ?? '';
        throw UserError.at(line(1), `Stage '${this.name}': its template does not come to YAML: ${printable(message)}`);
      }
    }
    return status as Status;
  }
}
