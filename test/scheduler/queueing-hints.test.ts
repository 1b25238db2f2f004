/** What a change of the cluster says to each plugin: the events that kube-scheduler v1.34.3's own code makes of it, and what its own hints answer. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '#api';
import { Profile } from '#scheduler';
import { nodeChanges, objectEvent, podChanges } from '../../src/scheduler/cluster-events.ts';
import { type ClusterVector, handleOf } from '../../src/scheduler/conformance/vector.ts';
import {
  ADD,
  type ClusterEvent,
  clusterEvent,
  DELETE,
  type EventResource,
  matchesEvent,
  registrationsOf,
} from '../../src/scheduler/queueing-events.ts';

interface HintCase extends ClusterVector {
  readonly pending: Pod;
  readonly resource: EventResource;
  readonly old: KubeObject | null;
  readonly new: KubeObject | null;
  readonly expect: readonly { readonly event: string; readonly hints: Readonly<Record<string, string>> }[];
}

// Random pods with all that plugins look at, and random changes of nodes, pods, volumes, drivers and devices.
const cases = gunzipSync(readFileSync(new URL('queueing-hints.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as HintCase);

function eventsOf({ resource, old, new: fresh }: HintCase): readonly ClusterEvent[] {
  const [before, after] = [old ?? undefined, fresh ?? undefined];
  if (resource === 'Node' && before !== undefined && after !== undefined) return nodeChanges(before as Node, after as Node);
  if (resource === 'Pod' && before !== undefined && after !== undefined) return podChanges(before as Pod, after as Pod);
  if (resource === 'Node') return [clusterEvent('Node', before === undefined ? ADD : DELETE)];
  if (resource !== 'Pod') return [objectEvent(resource, before === undefined ? 'add' : after === undefined ? 'delete' : 'update')];
  if (after === undefined) return [clusterEvent('AssignedPod', DELETE)];
  return [clusterEvent((after as Pod).spec?.nodeName === undefined ? 'UnscheduledPod' : 'AssignedPod', ADD)];
}

function hintsFor(profile: Profile, event: ClusterEvent, { pending, old, new: fresh }: HintCase): Record<string, string> {
  const hints: Record<string, string> = {};
  for (const plugin of profile.plugins.values()) {
    for (const registration of registrationsOf(plugin)) {
      if (!matchesEvent(registration, event)) continue;
      const hint = registration.hint?.(pending, old ?? undefined, fresh ?? undefined) ?? 'Queue';
      if (hints[plugin.name] !== 'Queue') hints[plugin.name] = hint;
    }
  }
  return hints;
}

describe('queueing hints', () => {
  it('answer as the real plugins do, for every event that a change makes', () => {
    const differing = cases.filter((each) => {
      const profile = new Profile();
      handleOf(profile, each);
      const told = eventsOf(each).map((event) => ({ event: event.label, hints: hintsFor(profile, event, each) }));
      const sorted = (list: HintCase['expect']) =>
        list.map(({ event, hints }) => [event, Object.entries(hints).sort(([a], [b]) => (a < b ? -1 : 1))]);
      return JSON.stringify(sorted(told)) !== JSON.stringify(sorted(each.expect));
    });
    expect(differing.map(({ id }) => id)).toEqual([]);
  });

  it('are recorded of every plugin that waits for something, with both answers where it has two', () => {
    const answers = new Map<string, Set<string>>();
    for (const { expect: events } of cases)
      for (const { hints } of events)
        for (const plugin in hints) answers.set(plugin, (answers.get(plugin) ?? new Set()).add(hints[plugin] ?? ''));
    expect(
      [...answers]
        .filter(([, said]) => said.size === 2)
        .map(([plugin]) => plugin)
        .sort(),
    ).toEqual([
      'DynamicResources',
      'InterPodAffinity',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
      'NodeUnschedulable',
      'NodeVolumeLimits',
      'PodTopologySpread',
      'TaintToleration',
      'VolumeBinding',
      'VolumeRestrictions',
      'VolumeZone',
    ]);
    const only = (plugin: string): string[] => [...(answers.get(plugin) ?? [])];
    expect([only('DefaultPreemption'), only('NodeName'), only('SchedulingGates')]).toEqual([['QueueSkip'], ['Queue'], ['Queue']]);
  });
});
