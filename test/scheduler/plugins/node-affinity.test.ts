/** Preferences that the API server lets through and no selector can be made of: texts as recorded from component-helpers v0.34.3. */

import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '#api';
import { Cache, evaluateAll, LiveHandle, type MapLister, Nominator, PodScheduler, Profile } from '#scheduler';
import { lab, nodeAt, podAt } from '../lab.ts';

const podWith = (spec: object): Pod =>
  ({ metadata: { name: 'p', namespace: 'default', uid: 'p' }, spec: { containers: [], ...spec } }) as unknown as Pod;
const preferring = (...values: readonly [string, readonly string[], number?][]): object => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: values.map(([operator, list, weight = 1]) => ({
        weight,
        preference: { matchExpressions: [{ key: 'a', operator, values: list }] },
      })),
    },
  },
});
const LABEL =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const WHOLE = "for 'Gt', 'Lt' operators, the value must be an integer";

function ready(nodes: number, usesColumns: boolean) {
  const profile = new Profile();
  const cache = new Cache();
  const nominator = new Nominator();
  for (let i = 0; i < nodes; i++)
    cache.addNode({
      metadata: { name: `node-${i}`, labels: { a: '9' } },
      status: { allocatable: { cpu: '4', pods: '9' } },
    } as unknown as Node);
  const handle = new LiveHandle(profile, cache, nominator, new Map<string, MapLister<KubeObject>>());
  const scheduler = new PodScheduler(profile, cache, nominator, handle, 100, usesColumns);
  return { scheduler, evaluate: (pod: Pod) => evaluateAll(profile, pod, handle) };
}

describe('preferred node affinity that cannot be parsed', () => {
  it.each([
    [preferring(['Gt', ['1.5']]), `[0].matchExpressions[0].values[0]: Invalid value: "1.5": ${WHOLE}`],
    [preferring(['Lt', ['-5']]), `[0].matchExpressions[0].values[0][a]: Invalid value: "-5": ${LABEL}`],
    [preferring(['Gt', ['9223372036854775808']]), `[0].matchExpressions[0].values[0]: Invalid value: "9223372036854775808": ${WHOLE}`],
    [
      preferring(['Gt', ['007']], ['Gt', ['a b']]),
      `[[1].matchExpressions[0].values[0]: Invalid value: "a b": ${WHOLE}, [1].matchExpressions[0].values[0][a]: Invalid value: "a b": ${LABEL}]`,
    ],
  ])('ends the attempt with its text, however the pod is decided', (spec, says) => {
    const pod = podWith(spec);
    const message = `running PreScore plugin "NodeAffinity": ${says}`;
    for (const usesColumns of [true, false]) {
      const { scheduler, evaluate } = ready(2, usesColumns);
      expect(scheduler.schedule(pod, 0)).toMatchObject({ nodeName: '', failure: { message, isError: true } });
      expect(() => evaluate(pod)).toThrow(message);
    }
  });

  it('is not read where one node alone fits, nor at weight 0', () => {
    for (const usesColumns of [true, false]) {
      const schedule = (nodes: number, spec: object): string => ready(nodes, usesColumns).scheduler.schedule(podWith(spec), 0).nodeName;
      expect(schedule(1, preferring(['Gt', ['x']]))).toBe('node-0');
      expect(schedule(2, preferring(['Gt', ['x'], 0]))).not.toBe('');
    }
  });

  it('is said of the pod, which is tried again after its back-off', () => {
    const { janitor } = lab([nodeAt(1, 'a'), nodeAt(1, 'b'), podAt(2, 'one', '1', preferring(['Gt', ['1.5']]))], { seconds: 8 });
    const says = `running PreScore plugin "NodeAffinity": [0].matchExpressions[0].values[0]: Invalid value: "1.5": ${WHOLE}`;
    expect(janitor.pod('one')?.spec?.nodeName ?? '').toBe('');
    expect(janitor.pod('one')?.status?.conditions).toMatchObject([{ type: 'PodScheduled', reason: 'SchedulerError', message: says }]);
    expect(janitor.events('one')).toContain(`FailedScheduling: ${says}`);
  });
});
