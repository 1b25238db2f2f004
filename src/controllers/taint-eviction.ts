/** Deletes pods that do not tolerate a NoExecute taint of their node, at once or when their toleration runs out. Mirrors kubernetes v1.34
 *  pkg/controller/tainteviction/taint_eviction.go. A toleration runs from when this controller first saw the taint, not from the
 *  taint's timeAdded: a restart begins it anew, as upstream's timers do. */

import type { Node, Pod, Taint } from '#api';
import { rfc3339, tolerates } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';
import { BY_NODE, byNode } from './node-lifecycle.ts';
import { isPodTerminal } from './pod-state.ts';

const NONE: readonly never[] = [];

const noExecute = (node: Node): readonly Taint[] => node.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? NONE;

export class TaintEvictionController implements Controller {
  readonly name = 'taint-eviction';
  readonly queue = 'noexec_taint_pod';
  readonly component = 'taint-eviction-controller';
  /** UpdateWorkerSize. */
  readonly workers = 8;
  readonly watches: readonly WatchSpec[] = [
    { resource: 'pods', keys: (event, view) => this.#podKeys(event, view), indexes: { [BY_NODE]: byNode } },
    { resource: 'nodes', keys: (event, view) => this.#nodeKeys(event, view) },
  ];
  // When each pod is to go; absent when it may stay.
  readonly #due = new Map<string, Instant>();
  readonly #tainted = new Set<string>();

  #podKeys(event: InformerEvent, view: View): readonly string[] {
    const pod = event.object as Pod;
    const nodeName = pod.spec?.nodeName ?? '';
    if (event.type === 'delete') {
      this.#due.delete(event.key);
      return NONE;
    }
    if (nodeName === '' || !this.#tainted.has(nodeName)) return NONE;
    const previous = event.previous as Pod | undefined;
    const isSame = previous !== undefined && previous.spec?.nodeName === nodeName && previous.spec?.tolerations === pod.spec?.tolerations;
    return isSame || view.lister<Node>('nodes').get(nodeName) === undefined ? NONE : [event.key];
  }

  #nodeKeys(event: InformerEvent, view: View): readonly string[] {
    const node = event.object as Node;
    const previous = event.previous as Node | undefined;
    if (previous !== undefined && event.type === 'update' && previous.spec?.taints === node.spec?.taints) return NONE;
    const isTainted = event.type !== 'delete' && noExecute(node).length > 0;
    const wasTainted = this.#tainted.has(event.key);
    if (!isTainted && !wasTainted) return NONE;
    if (isTainted) this.#tainted.add(event.key);
    else this.#tainted.delete(event.key);
    return keysOf(view.lister<Pod>('pods').byIndex(BY_NODE, event.key));
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'marked')
      return stage.outcomes?.some(({ code }) => code !== 200 && code !== 404) === true
        ? { failed: 'condition not written' }
        : removal(key, view, stage.data as Instant);
    if (stage?.name === 'removed') return removed(stage.outcomes?.[0], stage.data as Instant, view);
    const pod = view.lister<Pod>('pods').get(key);
    if (pod === undefined || isPodTerminal(pod) || pod.metadata?.deletionTimestamp !== undefined) {
      this.#due.delete(key);
      return {};
    }
    const node = view.lister<Node>('nodes').get(pod.spec?.nodeName ?? '');
    const taints = node === undefined ? NONE : noExecute(node);
    const tolerated = taints.length === 0 ? undefined : toleratedFor(pod, taints);
    if (tolerated === undefined) {
      if (this.#due.delete(key) && taints.length === 0)
        view.event(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
      return {};
    }
    const known = this.#due.get(key);
    const due = known === undefined ? view.now + tolerated : Math.min(known, view.now + tolerated);
    this.#due.set(key, due);
    if (due > view.now) return { requeueAfter: due - view.now };
    view.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    return mark(pod, due, view);
  }
}

const keysOf = (pods: Iterable<Pod>): readonly string[] => {
  const keys: string[] = [];
  for (const { metadata } of pods) keys.push(`${metadata?.namespace}/${metadata?.name}`);
  return keys;
};

/** How long the pod tolerates all of the taints: 0 when one is not tolerated, undefined when for ever (getMinTolerationTime). */
export function toleratedFor(pod: Pod, taints: readonly Taint[]): Duration | undefined {
  let least: Duration | undefined;
  const used: (number | undefined)[] = [];
  for (const taint of taints) {
    let isTolerated = false;
    for (const toleration of pod.spec?.tolerations ?? NONE) {
      if (!tolerates(toleration, taint)) continue;
      isTolerated = true;
      used.push(toleration.tolerationSeconds);
      // GetMatchingTolerations takes the first that matches each taint.
      break;
    }
    if (!isTolerated) return 0;
  }
  for (const seconds of used) {
    if (seconds === undefined) continue;
    if (seconds <= 0) return 0;
    least = Math.min(least ?? seconds * SECOND, seconds * SECOND);
  }
  return least;
}

/** addConditionAndDeletePod: why it is disrupted, then the deletion. */
function mark(pod: Pod, due: Instant, view: View): Plan {
  const { namespace, name } = pod.metadata ?? {};
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: rfc3339(view.clock),
  };
  const body = { status: { conditions: [condition] } };
  const requests: RequestSpec[] = [
    { verb: 'patch', resource: 'pods', subresource: 'status', namespace, name, patchType: 'strategic', body, discardBody: true },
  ];
  return { requests, next: { name: 'marked', data: due } };
}

function removal(key: string, view: View, due: Instant): Plan {
  const { namespace, name } = view.lister<Pod>('pods').get(key)?.metadata ?? {};
  if (name === undefined) return {};
  const requests: RequestSpec[] = [{ verb: 'delete', resource: 'pods', namespace, name, discardBody: true }];
  return { requests, next: { name: 'removed', data: due } };
}

/** tainteviction/metrics. Upstream's latency is a number of nanoseconds taken for seconds; here it is what its name says. */
function removed(outcome: Outcome<unknown> | undefined, due: Instant, view: View): Plan {
  const code = outcome?.code ?? 0;
  if (code === 404) return {};
  if (code === 0 || code >= 400) return { failed: outcome?.error?.message ?? 'connection lost' };
  view.count('taint_eviction_controller_pod_deletions_total');
  view.observe('taint_eviction_controller_pod_deletion_duration_seconds', (view.now - due) / SECOND);
  return {};
}
