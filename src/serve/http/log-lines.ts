/** What `kubectl logs` shows of a container. No program runs in one, so its log is what its life leaves in the pod's status: that it started, and how it ended.
 *  Which container is meant, and when there is nothing to show, are Kubernetes' own rules. Mirrors pkg/registry/core/pod/strategy.go (LogLocation) and
 *  pkg/kubelet/kubelet_pods.go (validateContainerLogStatus) of v1.34. */

import type { Pod } from '#api';
import { HttpFailure, malformed } from './failures.ts';

export interface LogLine {
  /** RFC 3339, whole seconds. */
  readonly at: string;
  readonly text: string;
}

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
type State = NonNullable<ContainerStatus['state']>;

const names = (containers: readonly { readonly name: string }[] | undefined): readonly string[] =>
  (containers ?? []).map(({ name }) => name);

/** Throws 400 when none, or several, could be meant. */
export function logContainer({ metadata, spec }: Pod, wanted: string | null): string {
  const [main, init, ephemeral] = [names(spec?.containers), names(spec?.initContainers), names(spec?.ephemeralContainers)];
  if (wanted !== null && wanted !== '') {
    if ([...main, ...init, ...ephemeral].includes(wanted)) return wanted;
    throw new HttpFailure(malformed(`container ${wanted.slice(0, 100)} is not valid for pod ${metadata?.name}`));
  }
  if (main.length === 1) return main[0] as string;
  const others = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw new HttpFailure(
    malformed(`a container name must be specified for pod ${metadata?.name}, choose one of: [${main.join(' ')}]${others}`),
  );
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

/** Of the life that is shown: this one, or the one before. Throws 400 where there is none. */
function lifeOf(pod: Pod, container: string, isPrevious: boolean): State {
  const status = statusOf(pod, container);
  const place = `container "${container}" in pod "${pod.metadata?.name}"`;
  if (status === undefined) throw new HttpFailure(malformed(`${place} is not available`));
  const { state = {}, lastState } = status;
  if (isPrevious) {
    if (lastState?.terminated === undefined) throw new HttpFailure(malformed(`previous terminated ${place} not found`));
    return lastState;
  }
  if (state.running !== undefined || state.terminated !== undefined) return state;
  if (lastState?.terminated !== undefined) return lastState;
  const reason = state.waiting?.reason ?? '';
  if (reason === 'ErrImagePull') throw new HttpFailure(malformed(`${place} is waiting to start: image can't be pulled`));
  if (reason === 'ImagePullBackOff') throw new HttpFailure(malformed(`${place} is waiting to start: trying and failing to pull image`));
  throw new HttpFailure(malformed(`${place} is waiting to start: ${reason}`));
}

export function logLines(pod: Pod, container: string, isPrevious: boolean): readonly LogLine[] {
  // Not bound yet: nothing to read, and nothing wrong.
  if (!pod.spec?.nodeName) return [];
  const { running, terminated } = lifeOf(pod, container, isPrevious);
  const image = statusOf(pod, container)?.image ?? '';
  const started = running?.startedAt ?? terminated?.startedAt;
  const lines: LogLine[] = [];
  if (started)
    lines.push({ at: String(started), text: `wavetank: ${container} (${image}) started on ${pod.spec.nodeName}; it runs no program` });
  if (terminated?.finishedAt) {
    const { exitCode, signal, reason, finishedAt } = terminated;
    const how = [`code ${exitCode}`, ...(signal ? [`signal ${signal}`] : []), ...(reason ? [reason] : [])].join(', ');
    lines.push({ at: String(finishedAt), text: `wavetank: ${container} ended: ${how}` });
  }
  return lines;
}

/** When the life began that still goes on; undefined when none does. */
export function runningSince(pod: Pod, container: string): string | undefined {
  const { startedAt } = statusOf(pod, container)?.state?.running ?? {};
  return startedAt === undefined ? undefined : String(startedAt);
}
