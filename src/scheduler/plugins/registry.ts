/** Every plugin by upstream's name. Adding one: its file, its test, one line here. */

import type { AnyPlugin } from '../framework.ts';
import { Coscheduling, type CoschedulingArgs } from './coscheduling.ts';
import { DefaultBinder } from './default-binder.ts';
import { DefaultPreemption, type DefaultPreemptionArgs } from './default-preemption.ts';
import { DynamicResources } from './dynamic-resources.ts';
import { ImageLocality } from './image-locality.ts';
import { InterPodAffinity, type InterPodAffinityArgs } from './inter-pod-affinity.ts';
import { NodeAffinity, type NodeAffinityArgs } from './node-affinity.ts';
import { NodeName } from './node-name.ts';
import { NodePorts } from './node-ports.ts';
import { NodeResourcesBalancedAllocation, type NodeResourcesBalancedAllocationArgs } from './node-resources-balanced-allocation.ts';
import { NodeResourcesFit, type NodeResourcesFitArgs } from './node-resources-fit.ts';
import { NodeUnschedulable } from './node-unschedulable.ts';
import { NodeVolumeLimits } from './node-volume-limits.ts';
import { PodTopologySpread, type PodTopologySpreadArgs } from './pod-topology-spread.ts';
import { PrioritySort } from './priority-sort.ts';
import { SchedulingGates } from './scheduling-gates.ts';
import { TaintToleration } from './taint-toleration.ts';
import { VolumeBinding, type VolumeBindingArgs } from './volume-binding.ts';
import { VolumeRestrictions } from './volume-restrictions.ts';
import { VolumeZone } from './volume-zone.ts';

/** Makes a plugin from its arguments (pluginConfig[].args). */
export type PluginFactory = (args: unknown) => AnyPlugin;

export type Registry = ReadonlyMap<string, PluginFactory>;

export const IN_TREE: Registry = new Map<string, PluginFactory>([
  ['SchedulingGates', () => new SchedulingGates()],
  ['PrioritySort', () => new PrioritySort()],
  ['NodeUnschedulable', () => new NodeUnschedulable()],
  ['NodeName', () => new NodeName()],
  ['TaintToleration', () => new TaintToleration()],
  ['NodeAffinity', (args) => new NodeAffinity(args as NodeAffinityArgs)],
  ['NodePorts', () => new NodePorts()],
  ['NodeResourcesFit', (args) => new NodeResourcesFit(args as NodeResourcesFitArgs)],
  ['VolumeRestrictions', () => new VolumeRestrictions()],
  ['NodeVolumeLimits', () => new NodeVolumeLimits()],
  ['VolumeBinding', (args) => new VolumeBinding(args as VolumeBindingArgs)],
  ['VolumeZone', () => new VolumeZone()],
  ['PodTopologySpread', (args) => new PodTopologySpread(args as PodTopologySpreadArgs)],
  ['InterPodAffinity', (args) => new InterPodAffinity(args as InterPodAffinityArgs)],
  ['DynamicResources', () => new DynamicResources()],
  ['DefaultPreemption', (args) => new DefaultPreemption(args as DefaultPreemptionArgs)],
  ['NodeResourcesBalancedAllocation', (args) => new NodeResourcesBalancedAllocation(args as NodeResourcesBalancedAllocationArgs)],
  ['ImageLocality', () => new ImageLocality()],
  ['DefaultBinder', () => new DefaultBinder()],
  // Of scheduler-plugins: in no default profile.
  ['Coscheduling', (args) => new Coscheduling(args as CoschedulingArgs)],
]);
