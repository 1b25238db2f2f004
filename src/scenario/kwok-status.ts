/** The examples that templates of KWOK's Stages are rendered for, and what the status that comes of it says that the Stage does. */

interface ContainerStatus {
  readonly name?: string;
  readonly state?: { readonly waiting?: object; readonly running?: object; readonly terminated?: { readonly exitCode?: unknown } };
}

export interface Status {
  readonly phase?: string;
  readonly podIP?: string;
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
  readonly containerStatuses?: readonly ContainerStatus[] | null;
  readonly initContainerStatuses?: readonly ContainerStatus[] | null;
}

const container = (name: string): object => ({ name, image: 'image' });
const waiting = (name: string): object => ({ name, state: { waiting: {} } });

/** Two containers, so that what is meant for one of them shows. */
export const EXAMPLE_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', namespace: 'default', uid: 'uid', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    nodeName: 'node',
    initContainers: [container('first'), container('second')],
    containers: [container('first'), container('second')],
  },
  status: {
    phase: 'Pending',
    initContainerStatuses: [waiting('first'), waiting('second')],
    containerStatuses: [waiting('first'), waiting('second')],
  },
};

export const EXAMPLE_NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node', uid: 'uid', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
  status: {},
};

interface Effect {
  readonly phase: string | undefined;
  readonly gives: 'nothing' | 'sandbox' | 'init-started' | 'init-done' | 'init-failed' | 'started' | 'ended';
  readonly exitCode: number;
  /** The one container that ends. */
  readonly only: string | undefined;
}

const ended = (statuses: readonly ContainerStatus[] | null | undefined): readonly ContainerStatus[] =>
  (Array.isArray(statuses) ? statuses : []).filter(({ state }) => state?.terminated !== undefined);
const codeOf = (statuses: readonly ContainerStatus[]): number =>
  statuses.map(({ state }) => Number(state?.terminated?.exitCode ?? 0)).find((code) => code !== 0) ?? 0;
const runs = (statuses: readonly ContainerStatus[] | null | undefined): boolean =>
  (Array.isArray(statuses) ? statuses : []).some(({ state }) => state?.running !== undefined);

export function effectOf({ phase, podIP, containerStatuses, initContainerStatuses }: Status): Effect {
  const [init, main] = [ended(initContainerStatuses), ended(containerStatuses)];
  const only = (list: readonly ContainerStatus[]): string | undefined => (list.length === 1 ? list[0]?.name : undefined);
  if (codeOf(init) !== 0) return { phase, gives: 'init-failed', exitCode: codeOf(init), only: only(init) };
  if (phase === 'Succeeded' || phase === 'Failed') {
    const exitCode = main.length === 0 && phase === 'Failed' ? 1 : codeOf(main);
    return { phase, gives: 'ended', exitCode, only: only(main) };
  }
  const rest = { phase, exitCode: 0, only: undefined };
  if (phase === 'Running') return { ...rest, gives: 'started' };
  if (phase === 'Pending' && podIP !== undefined) return { ...rest, gives: 'sandbox' };
  if (phase !== undefined) return { ...rest, gives: 'nothing' };
  if (init.length > 0) return { ...rest, gives: 'init-done' };
  return { ...rest, gives: runs(initContainerStatuses) ? 'init-started' : 'nothing' };
}
