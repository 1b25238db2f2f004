/** What KWOK's Stages make of the pods that they select by labels or annotations: how long their containers take to start, run or stop, and how they end.
 *  What a Stage does to every pod is among the node's settings instead. Mirrors kubernetes-sigs/kwok pkg/utils/lifecycle (selectors, delays by annotation). */

import type { ObjectMeta, Pod } from '#api';
import { type BehaviourSpec, type ContainerBehaviour, stageDelay } from './behaviour.ts';

export interface StageSelection {
  readonly of: 'labels' | 'annotations';
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

export interface StageBehaviour {
  readonly select: readonly StageSelection[];
  readonly containers: 'init' | 'main';
  readonly behaviour: ContainerBehaviour;
  /** The field that the Stage's delay is, and the annotations that say another. */
  readonly delays: 'startSeconds' | 'runSeconds' | 'stopSeconds';
  readonly delayFrom?: string;
  readonly jitterFrom?: string;
  /** Annotations that say with which code, and which container alone. */
  readonly exitCodeFrom?: string;
  readonly containerFrom?: string;
}

function selects({ of, key, operator, values }: StageSelection, metadata: ObjectMeta | undefined): boolean {
  const found = metadata?.[of]?.[key];
  if (operator === 'Exists' || operator === 'DoesNotExist') return (found !== undefined) === (operator === 'Exists');
  return (found !== undefined && values.includes(found)) === (operator === 'In');
}

/** The settings' behaviour with what the Stages that select this pod add to it. */
export function stagedBehaviour(stages: readonly StageBehaviour[], { metadata, spec }: Pod, settings: BehaviourSpec): BehaviourSpec {
  let staged = settings;
  for (const stage of stages) {
    if (!stage.select.every((one) => selects(one, metadata))) continue;
    const told = (annotation: string | undefined): string | undefined =>
      annotation === undefined ? undefined : metadata?.annotations?.[annotation];
    const delay = stageDelay(told(stage.delayFrom), told(stage.jitterFrom));
    const code = Number(told(stage.exitCodeFrom));
    const behaviour: ContainerBehaviour = {
      ...stage.behaviour,
      ...(delay === undefined ? {} : { [stage.delays]: delay }),
      ...(Number.isInteger(code) && told(stage.exitCodeFrom) !== undefined ? { exitCode: code } : {}),
    };
    const only = told(stage.containerFrom);
    const containers: Record<string, ContainerBehaviour> = { ...staged.containers };
    for (const { name } of (stage.containers === 'init' ? spec?.initContainers : spec?.containers) ?? [])
      if (only === undefined || only === name) containers[name] = { ...containers[name], ...behaviour };
    staged = { ...staged, containers };
  }
  return staged;
}
