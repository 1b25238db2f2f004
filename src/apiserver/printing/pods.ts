/** Pods and pod templates. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go (printPod, printPodTemplate). */

import { type Container, type ContainerStatus, type Pod, type PodTemplate, parseTime } from '#api';
import { since } from './human-duration.ts';
import { labelText, NONE } from './label-text.ts';
import { AGE, ageOf, NAME, nameOf, type Printer, type RowCondition, text, wide } from './printer.ts';

/** The names and the images of containers, each joined by commas. */
export function containerCells(containers: readonly Container[] | undefined): readonly [string, string] {
  const all = containers ?? [];
  return [all.map(({ name }) => name).join(','), all.map(({ image }) => image ?? '').join(',')];
}

/** What containers tell about their pod. */
interface Tally {
  ready: number;
  restarts: number;
  /** When the last restart was, RFC 3339; '' when none is known. */
  lastRestart: string;
}

const later = (a: string, b: unknown): string => (typeof b === 'string' && (a === '' || (parseTime(a) ?? 0) < (parseTime(b) ?? 0)) ? b : a);

function count(tally: Tally, status: ContainerStatus): void {
  tally.restarts += status.restartCount;
  tally.lastRestart = later(tally.lastRestart, status.lastState?.terminated?.finishedAt);
}

/** How a container that ended is told, when it gave no reason. */
const ending = (ended: { readonly signal?: number; readonly exitCode?: number }): string =>
  ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode ?? 0}`;

const isSidecar = (pod: Pod, name: string): boolean =>
  pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === 'Always') ?? false;

/** What the first init container that is not through says; undefined when all are. Sidecars count as ready containers. */
function initReason(pod: Pod, all: Tally, sidecars: Tally): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (let i = 0; i < statuses.length; i++) {
    const status = statuses[i] as ContainerStatus;
    const sidecar = isSidecar(pod, status.name);
    count(all, status);
    if (sidecar) count(sidecars, status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) sidecars.ready++;
      continue;
    }
    if (terminated !== undefined) return `Init:${terminated.reason || ending(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${i}/${pod.spec?.initContainers?.length ?? 0}`;
  }
  return undefined;
}

const hasCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.find((condition) => condition.type === type)?.status === 'True';

/** What the containers say; they are asked from last to first, so the first has the last word. */
function containersReason(pod: Pod, start: string, tally: Tally): string {
  let reason = start;
  let hasRunning = false;
  const statuses = pod.status?.containerStatuses ?? [];
  for (let i = statuses.length - 1; i >= 0; i--) {
    const status = statuses[i] as ContainerStatus;
    count(tally, status);
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated !== undefined) reason = terminated.reason || ending(terminated);
    else if (status.ready && running !== undefined) {
      hasRunning = true;
      tally.ready++;
    }
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function statusOf(pod: Pod): { readonly reason: string; readonly tally: Tally } {
  const { phase = '', reason: told } = pod.status ?? {};
  let reason = told || phase;
  if (pod.status?.conditions?.some(({ type, reason: why }) => type === 'PodScheduled' && why === 'SchedulingGated'))
    reason = 'SchedulingGated';
  const all: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const sidecars: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const initializing = initReason(pod, all, sidecars);
  all.ready = sidecars.ready;
  reason = initializing ?? reason;
  let tally = all;
  if (initializing === undefined || hasCondition(pod, 'Initialized')) {
    tally = sidecars;
    reason = containersReason(pod, reason, tally);
  }
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (told === 'NodeLost') reason = 'Unknown';
    else if (phase !== 'Failed' && phase !== 'Succeeded') reason = 'Terminating';
  }
  return { reason, tally };
}

function gatesOf(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  return gates.length === 0 ? NONE : `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}

const SUCCEEDED: readonly RowCondition[] = [
  { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
];
const FAILED: readonly RowCondition[] = [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }];

export const pods: Printer<Pod> = {
  columns: [
    NAME,
    text('Ready'),
    text('Status'),
    text('Restarts'),
    AGE,
    wide('IP'),
    wide('Node'),
    wide('Nominated Node'),
    wide('Readiness Gates'),
  ],
  cells(pod, now) {
    const { spec, status } = pod;
    const { reason, tally } = statusOf(pod);
    const total = (spec?.containers?.length ?? 0) + (spec?.initContainers?.filter(({ name }) => isSidecar(pod, name)).length ?? 0);
    const { restarts, lastRestart } = tally;
    return [
      nameOf(pod),
      `${tally.ready}/${total}`,
      reason,
      restarts !== 0 && lastRestart !== '' ? `${restarts} (${since(lastRestart, now)} ago)` : String(restarts),
      ageOf(pod, now),
      (status?.podIPs?.[0]?.ip ?? status?.podIP) || NONE,
      spec?.nodeName || NONE,
      status?.nominatedNodeName || NONE,
      gatesOf(pod),
    ];
  },
  conditions: (pod) => (pod.status?.phase === 'Succeeded' ? SUCCEEDED : pod.status?.phase === 'Failed' ? FAILED : undefined),
};

export const podTemplates: Printer<PodTemplate> = {
  columns: [NAME, text('Containers'), text('Images'), text('Pod Labels')],
  cells: (object) => [nameOf(object), ...containerCells(object.template?.spec?.containers), labelText(object.template?.metadata?.labels)],
};
