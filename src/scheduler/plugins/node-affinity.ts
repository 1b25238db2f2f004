/** Node selectors and node affinity, required and preferred, with the profile's addedAffinity.
 *  Mirrors kube-scheduler v1.34 plugins/nodeaffinity. */

import type { Node, NodeSelector, Pod } from '#api';
import { matchesNodeSelector } from '#api';
import {
  type CycleState,
  defaultNormalizeScore,
  type EnqueueExtensions,
  type FilterPlugin,
  type NodeScore,
  type PreFilterPlugin,
  type PreFilterResult,
  type PreScorePlugin,
  type ScorePlugin,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { nodeLabels } from '../pod-fields.ts';
import { ADD, type EventRegistration, UPDATE_NODE_LABEL } from '../queueing-events.ts';
import {
  matchesRequiredNodeAffinity,
  type PreferredTerm,
  preferenceScore,
  preferredNodeTerms,
  preferredTermsError,
  requiredNodeSelector,
} from '../required-node-affinity.ts';
import { SKIP, type Status, unresolvable } from '../status.ts';

export interface NodeAffinityArgs {
  readonly addedAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredTerm[];
  };
}

const REJECTED = unresolvable("node(s) didn't match Pod's node affinity/selector");
const REJECTED_ENFORCED = unresolvable("node(s) didn't match scheduler-enforced node affinity");
const CONFLICT = unresolvable('pod affinity terms conflict');

/** The nodes that the terms name by metadata.name, or undefined when some term names none. */
function namedNodes(selector: NodeSelector): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const term of selector.nodeSelectorTerms) {
    let named: string[] | undefined;
    for (const { key, operator, values } of term.matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      const listed: readonly string[] = values ?? [];
      named = named === undefined ? [...listed] : named.filter((name) => listed.includes(name));
    }
    if (named === undefined) return undefined;
    for (const name of named) names.add(name);
  }
  return names;
}

/** A term asks for more or less than what is no whole number: its error lets the pod be tried (isSchedulableAfterNodeChange). */
function cannotBeRead(pod: Pod, node: Node): boolean {
  const selector = requiredNodeSelector(pod);
  if (selector === undefined) return false;
  const isBound = ({ operator }: { readonly operator: string }): boolean => operator === 'Gt' || operator === 'Lt';
  const isBad = selector.nodeSelectorTerms.some((term) =>
    (term.matchExpressions ?? []).some((wanted) => isBound(wanted) && !/^[+-]?\d+$/.test(wanted.values?.[0] ?? '')),
  );
  const chosen = Object.entries((pod.spec?.nodeSelector ?? {}) as Readonly<Record<string, string>>);
  return isBad && chosen.every(([key, value]) => nodeLabels(node)[key] === value);
}

export class NodeAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, EnqueueExtensions {
  readonly name = 'NodeAffinity';
  readonly addedRequired: NodeSelector | undefined;
  readonly addedPreferred: readonly PreferredTerm[] | undefined;

  constructor(args: NodeAffinityArgs = {}) {
    this.addedRequired = args.addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    this.addedPreferred = args.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
  }

  preFilter(_state: CycleState, pod: Pod): PreFilterResult | undefined {
    const selector = requiredNodeSelector(pod);
    if (selector === undefined && this.addedRequired === undefined && pod.spec?.nodeSelector === undefined) return { status: SKIP };
    if (selector === undefined || selector.nodeSelectorTerms.length === 0) return undefined;
    const nodeNames = namedNodes(selector);
    if (nodeNames === undefined) return undefined;
    return nodeNames.size === 0 ? { status: CONFLICT } : { nodeNames };
  }

  filter(_state: CycleState, pod: Pod, { node }: NodeInfo): Status | undefined {
    if (this.addedRequired !== undefined && !matchesNodeSelector(this.addedRequired, node)) return REJECTED_ENFORCED;
    return matchesRequiredNodeAffinity(pod, node) ? undefined : REJECTED;
  }

  preScore(_state: CycleState, pod: Pod): Status | undefined {
    const preferred = preferredNodeTerms(pod);
    const error = preferred === undefined ? '' : preferredTermsError(preferred);
    if (error !== '') return { code: 'Error', reasons: [error] };
    return preferred === undefined && this.addedPreferred === undefined ? SKIP : undefined;
  }

  score(_state: CycleState, pod: Pod, { node }: NodeInfo): number {
    return preferenceScore(this.addedPreferred ?? [], node) + preferenceScore(preferredNodeTerms(pod) ?? [], node);
  }

  normalizeScore(_state: CycleState, _pod: Pod, scores: NodeScore[]): void {
    defaultNormalizeScore(scores, false);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_LABEL,
        hint: (pod, before, after) => {
          const fits = (node: Node): boolean =>
            (this.addedRequired === undefined || matchesNodeSelector(this.addedRequired, node)) && matchesRequiredNodeAffinity(pod, node);
          if (!fits(after as Node)) return cannotBeRead(pod, after as Node) ? 'Queue' : 'QueueSkip';
          return before !== undefined && fits(before as Node) ? 'QueueSkip' : 'Queue';
        },
      },
    ];
  }
}
