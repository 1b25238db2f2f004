/** What an observer with watches on everything sees, as text that a reader can follow: one line for each change that matters, names made short and stable. */

import type { KubeObject } from '#api';
import type { Seen } from './lab.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds.
type Any = any;

const conditions = (status: Any): string =>
  (status?.conditions ?? []).map((c: Any) => `${c.type}=${c.status}${c.reason === undefined ? '' : `(${c.reason})`}`).join(' ');
const counts = (status: Any, names: readonly string[]): string =>
  names
    .filter((name) => (status?.[name] ?? 0) !== 0)
    .map((name) => `${name} ${status[name]}`)
    .join(', ') || 'nothing';
const dying = ({ metadata }: KubeObject): string =>
  metadata?.deletionTimestamp === undefined
    ? ''
    : ` dying${metadata.finalizers?.length ? ` held by ${metadata.finalizers.join(' ')}` : ''}`;

const SUMMARIES: Readonly<Record<string, (object: Any) => string>> = {
  pods: ({ spec, status, ...pod }) => {
    const ready = status?.conditions?.find((c: Any) => c.type === 'Ready')?.status === 'True' ? ' ready' : '';
    const why = status?.conditions?.find((c: Any) => c.type === 'DisruptionTarget')?.reason;
    return `${spec.containers[0].image} ${status?.phase}${ready}${spec.nodeName ? ` on ${spec.nodeName}` : ''}${why ? ` (${why})` : ''}${dying(pod)}`;
  },
  nodes: ({ spec, status }) => {
    const ready = status?.conditions?.find((c: Any) => c.type === 'Ready');
    return `Ready=${ready?.status} ${(spec?.taints ?? []).map((t: Any) => `${t.key.split('/')[1]}:${t.effect}`).join(' ')}`;
  },
  'deployments.apps': ({ metadata, spec, status, ...d }) =>
    `wants ${spec.replicas}, revision ${metadata.annotations?.['deployment.kubernetes.io/revision'] ?? '-'}; ${counts(status, ['replicas', 'updatedReplicas', 'availableReplicas'])}; ${conditions(status)}${dying({ metadata, ...d })}`,
  'replicasets.apps': ({ spec, status, ...set }) =>
    `wants ${spec.replicas}; ${counts(status, ['replicas', 'availableReplicas'])}${dying(set)}`,
  'statefulsets.apps': ({ spec, status }) =>
    `wants ${spec.replicas}; ${counts(status, ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas'])}`,
  'daemonsets.apps': ({ status }) =>
    counts(status, ['desiredNumberScheduled', 'currentNumberScheduled', 'updatedNumberScheduled', 'numberAvailable', 'numberMisscheduled']),
  'jobs.batch': ({ status, ...job }) => {
    const uncounted = (status?.uncountedTerminatedPods?.succeeded?.length ?? 0) + (status?.uncountedTerminatedPods?.failed?.length ?? 0);
    const failedIndexes = status?.failedIndexes ? `, failed indexes ${status.failedIndexes}` : '';
    return `${counts(status, ['active', 'ready', 'terminating', 'succeeded', 'failed'])}${uncounted ? `, uncounted ${uncounted}` : ''}${status?.completedIndexes ? `, indexes ${status.completedIndexes}` : ''}${failedIndexes}; ${conditions(status)}${dying(job)}`;
  },
  'horizontalpodautoscalers.autoscaling': ({ spec, status }) => {
    const current = (status?.currentMetrics ?? []).map((m: Any) => {
      const value = (m.resource ?? m.containerResource ?? m.external ?? m.object ?? m.pods)?.current;
      if (value === undefined) return '-';
      return value.averageUtilization === undefined ? (value.averageValue ?? value.value) : `${value.averageUtilization}%`;
    });
    return `${spec.minReplicas} to ${spec.maxReplicas}; ${status?.desiredReplicas === undefined ? '-' : (status.currentReplicas ?? 0)} wants ${status?.desiredReplicas ?? '-'}, at ${current.join(' ') || '-'}; ${conditions(status)}`;
  },
  'rollouts.delivery.wavetank.dev': ({ spec, status }) =>
    `wants ${spec.replicas}; ${status?.phase ?? '-'}${status?.message ? ` (${status.message})` : ''}, step ${status?.currentStepIndex ?? '-'}, weight ${status?.weight ?? '-'}; ${counts(status, ['replicas', 'updatedReplicas', 'availableReplicas'])}`,
  services: ({ spec }) =>
    spec.selector?.['pod-template-hash'] === undefined ? 'all versions' : `version ${spec.selector['pod-template-hash']}`,
  'cronjobs.batch': ({ status }) =>
    `active ${(status?.active ?? []).map((a: Any) => a.name).join(' ') || 'none'}, last ${status?.lastScheduleTime ?? '-'}`,
  'poddisruptionbudgets.policy': ({ status }) => counts(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  namespaces: ({ status }) => {
    const wrong = (status?.conditions ?? []).filter((c: Any) => c.status === 'True').map((c: Any) => `${c.reason}: ${c.message}`);
    const said = (status?.conditions ?? []).length > 0 ? wrong.join('; ') || 'all is gone that can' : '';
    return `${status?.phase ?? ''}${said === '' ? '' : `, ${said}`}`;
  },
  persistentvolumeclaims: ({ metadata, status, ...claim }) =>
    `${status?.phase ?? ''}${status?.capacity ? ` ${status.capacity.storage}` : ''}${(metadata.ownerReferences ?? []).length > 0 ? ', ' : ''}${(metadata.ownerReferences ?? []).map((r: Any) => `goes with ${r.kind} ${r.name}`).join(' ')}${dying({ metadata, ...claim })}`,
  'volumesnapshots.snapshot.storage.k8s.io': ({ metadata, status, ...s }) =>
    `${status?.readyToUse ? `ready, ${status.restoreSize}` : 'not ready'}, content ${status?.boundVolumeSnapshotContentName === undefined ? '-' : 'bound'}${status?.error ? `, error: ${status.error.message}` : ''}${dying({ metadata, ...s })}`,
  'volumesnapshotcontents.snapshot.storage.k8s.io': ({ metadata, spec, status, ...c }) =>
    `${spec.deletionPolicy}, for ${spec.volumeSnapshotRef.name}; ${status?.readyToUse ? `ready, ${status.restoreSize} bytes` : 'not ready'}${status?.error ? `, error: ${status.error.message}` : ''}${dying({ metadata, ...c })}`,
  'volumeattachments.storage.k8s.io': ({ metadata, spec, status, ...a }) =>
    `on ${spec.nodeName} ${status?.attached ? 'attached' : 'not attached'}${status?.attachError ? `, error: ${status.attachError.message}` : ''}${status?.detachError ? `, error: ${status.detachError.message}` : ''}${dying({ metadata, ...a })}`,
  persistentvolumes: ({ spec, status, ...volume }) =>
    `${spec.capacity?.storage}, ${status?.phase}${spec.claimRef ? ` for ${spec.claimRef.name}` : ''}${dying(volume)}`,
  endpoints: ({ subsets }) =>
    (subsets ?? []).map((s: Any) => `ready ${(s.addresses ?? []).length}, not ready ${(s.notReadyAddresses ?? []).length}`).join('; ') ||
    'nobody',
  serviceaccounts: () => '',
  resourcequotas: ({ status }) =>
    Object.keys(status?.hard ?? {})
      .map((name) => `${name} ${status.used?.[name] ?? '-'} of ${status.hard[name]}`)
      .join(', ') || 'not counted yet',
  'controllerrevisions.apps': ({ revision }) => `revision ${revision}`,
  events: ({ type, reason, message }) => `${type} ${reason}: ${message}`,
};

/** Of objects named by uid or hash: a word for the kind, and whom it is for. */
const MADE_FOR: Readonly<Record<string, (object: Any) => readonly [string, string | undefined]>> = {
  persistentvolumes: ({ spec }) => ['volume', spec.claimRef?.name],
  'volumesnapshotcontents.snapshot.storage.k8s.io': ({ spec }) => ['content', spec.volumeSnapshotRef?.name],
  'volumeattachments.storage.k8s.io': ({ spec }) => [`attachment-at-${spec.nodeName}`, spec.source.persistentVolumeName],
};

/** Replaces hashes and random suffixes: `web-75c655cfdd-7vm4r` reads `web-A-1`. */
class Names {
  readonly #bySource = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  of(object: KubeObject, resource: string): string {
    const name = object.metadata?.name ?? '';
    if (resource === 'persistentvolumeclaims') this.#bySource.set(`pvc-${object.metadata?.uid}`, `volume-of-${name}`);
    const known = this.#bySource.get(name);
    if (known !== undefined) return known;
    if (resource in MADE_FOR) return this.#madeFor(object, resource, name);
    const dash = name.lastIndexOf('-');
    const isHashed =
      resource === 'replicasets.apps' ||
      resource === 'controllerrevisions.apps' ||
      (resource === 'pods' && object.metadata?.generateName !== undefined);
    if (!isHashed || dash < 0) return name;
    const prefix = this.#bySource.get(name.slice(0, dash)) ?? name.slice(0, dash);
    const count = this.#counts.get(`${resource}/${prefix}`) ?? 0;
    this.#counts.set(`${resource}/${prefix}`, count + 1);
    const short = `${prefix}-${resource === 'pods' ? count + 1 : String.fromCharCode(65 + count)}`;
    this.#bySource.set(name, short);
    return short;
  }

  /** What is named by a uid reads as what it was made for. */
  #madeFor(object: KubeObject, resource: string, name: string): string {
    const [prefix, owner] = MADE_FOR[resource]?.(object) ?? ['', undefined];
    if (owner === undefined || !/[0-9a-f]{12}/.test(name)) return name;
    const short = `${prefix}-of-${this.#bySource.get(owner) ?? owner}`;
    this.#bySource.set(name, short);
    if (prefix === 'content') this.#bySource.set(name.replace('snapcontent', 'snapshot'), `snapshot-of-${owner}`);
    return short;
  }

  /** In a text too. */
  within(text: string): string {
    return text.replace(/[a-z0-9]+(?:-[a-z0-9]+)+/g, (name) => this.#bySource.get(name) ?? name);
  }
}

export interface TranscriptOptions {
  readonly since?: number;
  readonly resources: readonly string[];
}

interface Line {
  readonly resource: string;
  readonly name: string;
  /** '+' made, '-' gone, '±' both. */
  sign: string;
  summary: string;
}

/** One line an object and tenth of a second, with what it came to: what happens within one is a matter of cost tables. Sorted by kind, as `resources` has them. */
export function transcript(seen: readonly Seen[], { since = 0, resources }: TranscriptOptions): string {
  const names = new Names();
  const last = new Map<string, string>();
  const moments = new Map<string, Map<string, Line>>();
  for (const { at, type, resource, object } of seen) {
    const name = names.of(object, resource);
    const summary = names.within(SUMMARIES[resource]?.(object) ?? '').trim();
    const moment = at.toFixed(1);
    if (at < since || !resources.includes(resource) || summary.includes('RegisteredNode')) {
      last.set(name, summary);
      continue;
    }
    let lines = moments.get(moment);
    if (lines === undefined) moments.set(moment, (lines = new Map()));
    const key = resource === 'events' ? summary : `${resource}/${object.metadata?.uid}`;
    const line = lines.get(key) ?? { resource, name, sign: ' ', summary };
    if (resource !== 'events' && type === 'add') line.sign = '+';
    if (resource !== 'events' && type === 'delete') line.sign = line.sign === '+' ? '±' : '-';
    line.summary = summary;
    lines.set(key, line);
  }
  const text: string[] = [];
  for (const [moment, lines] of moments) {
    const sorted = [...lines.values()].sort(
      (a, b) =>
        resources.indexOf(a.resource) - resources.indexOf(b.resource) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : a.sign < b.sign ? 1 : -1),
    );
    for (const { resource, name, sign, summary } of sorted) {
      const isEvent = resource === 'events';
      if (!isEvent && sign === ' ' && last.get(name) === summary) continue;
      last.set(name, summary);
      const subject = isEvent ? 'event' : `${resource.split('.')[0]}/${name}`;
      text.push(`${moment.padStart(6)} ${sign} ${subject}${sign === '-' || summary === '' ? '' : `  ${summary}`}`);
    }
  }
  return `${text.join('\n')}\n`;
}
