import { describe, expect, it } from 'vitest';
import { type Pod, parseTime } from '#api';
import { asTable, printerOf, type Table } from '#apiserver';

const NOW = parseTime('2026-01-02T00:00:00Z') as number;
const CREATED = '2026-01-01T23:55:00Z';
const running = { running: { startedAt: CREATED } };
const ready = (name: string, more: object = {}) => ({
  name,
  ready: true,
  restartCount: 0,
  image: 'i',
  imageID: 'i',
  state: running,
  ...more,
});

const cellsOf = (pod: object): readonly unknown[] => {
  const table = asTable(
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', creationTimestamp: CREATED }, ...pod } as Pod,
    printerOf('pods'),
    { now: NOW },
  ) as Table;
  return table.rows[0]?.cells ?? [];
};
/** READY, STATUS, RESTARTS. */
const shown = (pod: object): readonly unknown[] => cellsOf(pod).slice(1, 4);

const two = { containers: [{ name: 'a' }, { name: 'b' }] };
const one = { containers: [{ name: 'a' }] };
const withInit = { initContainers: [{ name: 'x' }, { name: 'y' }], containers: [{ name: 'a' }] };
const withSidecar = { initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] };
const waiting = (reason: string) => ({ waiting: { reason } });
const ended = (exitCode: number, more: object = {}) => ({ terminated: { exitCode, ...more } });
const backOff = { waiting: { reason: 'CrashLoopBackOff' } };
const last = { terminated: { exitCode: 1, finishedAt: '2026-01-01T23:59:30Z' } };

/** What a pod is like, and how kubectl v1.34 shows it. */
const CASES: readonly (readonly [string, object, readonly unknown[]])[] = [
  ['running', { spec: two, status: { phase: 'Running', containerStatuses: [ready('a'), ready('b')] } }, ['2/2', 'Running', '0']],
  ['pending', { spec: one, status: { phase: 'Pending' } }, ['0/1', 'Pending', '0']],
  [
    'creating',
    { spec: one, status: { phase: 'Pending', containerStatuses: [ready('a', { ready: false, state: waiting('ContainerCreating') })] } },
    ['0/1', 'ContainerCreating', '0'],
  ],
  [
    'crashing',
    {
      spec: one,
      status: { phase: 'Running', containerStatuses: [ready('a', { ready: false, restartCount: 3, state: backOff, lastState: last })] },
    },
    ['0/1', 'CrashLoopBackOff', '3 (30s ago)'],
  ],
  [
    'the first of two containers has the last word',
    {
      spec: two,
      status: {
        phase: 'Running',
        containerStatuses: [
          ready('a', { ready: false, state: waiting('ImagePullBackOff') }),
          ready('b', { ready: false, state: waiting('ErrImagePull') }),
        ],
      },
    },
    ['0/2', 'ImagePullBackOff', '0'],
  ],
  [
    'ended without a reason',
    { spec: one, status: { phase: 'Failed', containerStatuses: [ready('a', { ready: false, state: ended(3) })] } },
    ['0/1', 'ExitCode:3', '0'],
  ],
  [
    'ended by a signal',
    { spec: one, status: { phase: 'Failed', containerStatuses: [ready('a', { ready: false, state: ended(137, { signal: 9 }) })] } },
    ['0/1', 'Signal:9', '0'],
  ],
  [
    'completed',
    {
      spec: one,
      status: { phase: 'Succeeded', containerStatuses: [ready('a', { ready: false, state: ended(0, { reason: 'Completed' }) })] },
    },
    ['0/1', 'Completed', '0'],
  ],
  [
    'one completed, one running, not ready',
    {
      spec: two,
      status: {
        phase: 'Running',
        containerStatuses: [ready('a', { ready: false, state: ended(0, { reason: 'Completed' }) }), ready('b')],
      },
    },
    ['1/2', 'NotReady', '0'],
  ],
  [
    'initializing',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [ready('x', { state: ended(0) }), ready('y', { ready: false, state: running })],
      },
    },
    ['0/1', 'Init:1/2', '0'],
  ],
  [
    'initialization failed',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [
          ready('x', { ready: false, restartCount: 2, state: backOff }),
          ready('y', { ready: false, state: waiting('PodInitializing') }),
        ],
      },
    },
    ['0/1', 'Init:CrashLoopBackOff', '2'],
  ],
  [
    'initialization ended with an error',
    { spec: withInit, status: { phase: 'Pending', initContainerStatuses: [ready('x', { ready: false, state: ended(4) })] } },
    ['0/1', 'Init:ExitCode:4', '0'],
  ],
  [
    'with a sidecar',
    {
      spec: withSidecar,
      status: {
        phase: 'Running',
        initContainerStatuses: [ready('s', { started: true, restartCount: 1 })],
        containerStatuses: [ready('a', { restartCount: 1 })],
      },
    },
    ['2/2', 'Running', '2'],
  ],
  [
    'gated',
    { spec: one, status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } },
    ['0/1', 'SchedulingGated', '0'],
  ],
  ['evicted', { spec: one, status: { phase: 'Failed', reason: 'Evicted' } }, ['0/1', 'Evicted', '0']],
  [
    'terminating',
    {
      metadata: { name: 'p', creationTimestamp: CREATED, deletionTimestamp: CREATED },
      spec: one,
      status: { phase: 'Running', containerStatuses: [ready('a')] },
    },
    ['1/1', 'Terminating', '0'],
  ],
  [
    'terminating on a lost node',
    {
      metadata: { name: 'p', creationTimestamp: CREATED, deletionTimestamp: CREATED },
      spec: one,
      status: { phase: 'Running', reason: 'NodeLost' },
    },
    ['0/1', 'Unknown', '0'],
  ],
];

describe('READY, STATUS and RESTARTS of pods', () => {
  it.each(CASES)('%s', (_name, pod, expected) => {
    expect(shown(pod)).toEqual(expected);
  });
});

describe('the wide columns of pods', () => {
  it('show where a pod is, or that it is nowhere', () => {
    expect(cellsOf({ spec: one }).slice(4)).toEqual(['5m', '<none>', '<none>', '<none>', '<none>']);
    expect(
      cellsOf({
        spec: { ...one, nodeName: 'n', readinessGates: [{ conditionType: 'lb' }, { conditionType: 'dns' }] },
        status: { podIPs: [{ ip: '10.0.0.1' }], nominatedNodeName: 'm', conditions: [{ type: 'lb', status: 'True' }] },
      }).slice(5),
    ).toEqual(['10.0.0.1', 'n', 'm', '1/2']);
  });
  it('stand behind those that are always shown', () => {
    expect(printerOf('pods').columns.map(({ name, priority }) => `${name} ${priority}`)).toEqual([
      'Name 0',
      'Ready 0',
      'Status 0',
      'Restarts 0',
      'Age 0',
      'IP 1',
      'Node 1',
      'Nominated Node 1',
      'Readiness Gates 1',
    ]);
  });
});
