/** An operator with `kubectl drain`: cordons the nodes, then empties some at a time through the eviction API. Mirrors kubectl v1.34 pkg/drain/drain.go: pods
 *  of DaemonSets and mirror pods stay (--ignore-daemonsets), volumes of their own are given up (--delete-emptydir-data), an eviction that a budget refuses is
 *  tried again after 5 s, and a node is done when every evicted pod is gone: those that were there when the node was looked at first, not what others send
 *  there after it. */

import type { Pod } from '#api';
import { type ApiClient, type ClientConfig, createApiClient, type Outcome } from '#client';
import type { DrainPlan } from '#scenario';
import { type Context, type Counter, type Histogram, type Host, type Instant, type Message, messageKind, SECOND } from '#sim';

export interface DrainClientConfig {
  readonly client: ClientConfig;
  readonly plans: readonly DrainPlan[];
}

interface DrainDue extends Message {
  readonly kind: 'DrainDue';
  readonly plan: number;
  readonly what: 'begin' | 'cordon' | 'look' | 'uncordon';
  readonly node: number;
}
messageKind<DrainDue>({
  kind: 'DrainDue',
  digest({ plan, what, node }, hasher) {
    hasher.int(plan);
    hasher.int(what.length);
    hasher.int(node);
  },
});

type Asked =
  | { readonly of: 'cordon'; readonly plan: number; readonly node: number }
  | { readonly of: 'list'; readonly plan: number; readonly node: number }
  | { readonly of: 'evict'; readonly plan: number; readonly node: number; readonly uid: string; readonly name: string };

/** A node that is being emptied. */
interface Emptying {
  /** By uid, what the first list named: when an eviction may be asked for next; Infinity once granted. */
  pods: Map<string, Instant> | undefined;
  begun: Instant;
}

/** kubectl's pauses: after a refusal, and between looks at pods that go. */
const AGAIN = 5 * SECOND;
const LOOK = SECOND;
const MARKS_MOST = 5;

export class DrainClient implements Host {
  readonly #config: DrainClientConfig;
  readonly #client: ApiClient<Asked>;
  readonly #emptying = new Map<string, Emptying>();
  /** Nodes that are not known to be closed yet: what would be looked for on them is not all that is there. */
  readonly #open = new Set<string>();
  /** By plan: nodes not begun, nodes not done. */
  readonly #next: number[];
  readonly #left: number[];
  #took: Histogram | undefined;
  #evictions: Counter | undefined;
  #refusals: Counter | undefined;
  #told = 0;

  constructor(config: DrainClientConfig) {
    this.#config = config;
    this.#client = createApiClient<Asked>(config.client);
    this.#next = config.plans.map(() => 0);
    this.#left = config.plans.map(({ nodes }) => nodes.length);
  }

  start(ctx: Context): void {
    this.#took = ctx.record.histogram('wavetank_drain_seconds');
    this.#evictions = ctx.record.counter('wavetank_drain_evictions_total');
    this.#refusals = ctx.record.counter('wavetank_drain_refusals_total');
    this.#config.plans.forEach(({ at }, plan) => {
      ctx.after(Math.max(0, at - ctx.now), due(plan, 'begin'));
    });
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind !== 'DrainDue') {
      const { outcome } = this.#client.receive(message, ctx);
      if (outcome !== undefined) this.#answered(outcome, ctx);
      return;
    }
    const { plan, what, node } = message as DrainDue;
    if (what === 'begin') this.#begin(plan, ctx);
    else if (what === 'look') this.#look(plan, node, ctx);
    else if (what === 'cordon') this.#cordon(this.#plan(plan).nodes[node] as string, true, { of: 'cordon', plan, node }, ctx);
    else for (const name of this.#plan(plan).nodes) this.#cordon(name, false, { of: 'cordon', plan, node: -1 }, ctx);
  }

  #plan(plan: number): DrainPlan {
    return this.#config.plans[plan] as DrainPlan;
  }

  #begin(plan: number, ctx: Context): void {
    const { nodes, nodesAtOnce } = this.#plan(plan);
    ctx.record.mark('drain', `${nodes.length} nodes`);
    nodes.forEach((name, node) => {
      this.#open.add(`${plan}/${node}`);
      this.#cordon(name, true, { of: 'cordon', plan, node }, ctx);
    });
    for (let i = 0; i < nodesAtOnce; i++) this.#empty(plan, ctx);
  }

  #cordon(name: string, unschedulable: boolean, asked: Asked, ctx: Context): void {
    const body = { spec: { unschedulable: unschedulable ? true : null } };
    this.#client.request(ctx, { verb: 'patch', resource: 'nodes', name, body, patchType: 'strategic', discardBody: true }, asked);
  }

  /** The next node's turn. */
  #empty(plan: number, ctx: Context): void {
    const node = this.#next[plan] as number;
    if (node >= this.#plan(plan).nodes.length) return;
    this.#next[plan] = node + 1;
    this.#emptying.set(`${plan}/${node}`, { pods: undefined, begun: ctx.now });
    this.#look(plan, node, ctx);
  }

  #look(plan: number, node: number, ctx: Context): void {
    if (this.#open.has(`${plan}/${node}`)) return;
    const fieldSelector = `spec.nodeName=${this.#plan(plan).nodes[node]}`;
    this.#client.request(ctx, { verb: 'list', resource: 'pods', options: { fieldSelector } }, { of: 'list', plan, node });
  }

  #answered({ continuation, code, object, error }: Outcome<Asked>, ctx: Context): void {
    const { of, plan, node } = continuation;
    if (of === 'cordon') return this.#cordoned(plan, node, code, error?.message, ctx);
    const state = this.#emptying.get(`${plan}/${node}`);
    if (state === undefined) return;
    if (of === 'list') {
      if (code === 200) this.#listed(plan, node, state, (object as unknown as { items: readonly Pod[] }).items, ctx);
      else ctx.after(LOOK, due(plan, 'look', node));
      return;
    }
    if (code >= 200 && code < 300) {
      this.#evictions?.add();
      state.pods?.set(continuation.uid, Number.POSITIVE_INFINITY);
    } else if (code !== 404) {
      if (code === 429) this.#refusals?.add();
      state.pods?.set(continuation.uid, ctx.now + AGAIN);
      if (this.#told++ < MARKS_MOST) ctx.record.mark('eviction refused', `${continuation.name}: ${code} ${error?.message ?? ''}`);
    }
  }

  /** kubectl drain does not begin before the node is cordoned; whoever asked asks until he is heard, also by a server that has too much to do (429), as
   *  he does when he wants nodes back. */
  #cordoned(plan: number, node: number, code: number, error: string | undefined, ctx: Context): void {
    const key = `${plan}/${node}`;
    if (code === 0 || code >= 400) ctx.record.mark('cordon refused', error ?? String(code));
    if (code === 0 || code === 429 || code >= 500)
      return void ctx.after(AGAIN, node < 0 ? due(plan, 'uncordon') : due(plan, 'cordon', node));
    if (this.#open.delete(key) && this.#emptying.has(key)) this.#look(plan, node, ctx);
  }

  #listed(plan: number, node: number, state: Emptying, pods: readonly Pod[], ctx: Context): void {
    const { pods: asked = new Map(pods.filter(isEvicted).map(({ metadata }) => [metadata?.uid ?? '', 0])) } = state;
    state.pods = asked;
    const meant = pods.filter(({ metadata }) => asked.has(metadata?.uid ?? ''));
    if (meant.length === 0) return this.#done(plan, node, state, ctx);
    const { gracePeriodSeconds } = this.#plan(plan);
    for (const pod of meant) {
      const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
      if ((asked.get(uid) ?? 0) > ctx.now) continue;
      asked.set(uid, Number.POSITIVE_INFINITY);
      const deleteOptions = gracePeriodSeconds === undefined ? {} : { deleteOptions: { gracePeriodSeconds } };
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, ...deleteOptions };
      this.#client.request(
        ctx,
        { verb: 'create', resource: 'pods', subresource: 'eviction', namespace, name, body, discardBody: true },
        { of: 'evict', plan, node, uid, name: `${namespace}/${name}` },
      );
    }
    ctx.after(LOOK, due(plan, 'look', node));
  }

  #done(plan: number, node: number, { begun }: Emptying, ctx: Context): void {
    this.#emptying.delete(`${plan}/${node}`);
    ctx.record.span(`nodes/${this.#plan(plan).nodes[node]}`, 'drain', begun, ctx.now - begun);
    const left = (this.#left[plan] as number) - 1;
    this.#left[plan] = left;
    const { at, uncordonAfter } = this.#plan(plan);
    if (left > 0) return this.#empty(plan, ctx);
    this.#took?.observe((ctx.now - at) / 1e6);
    ctx.record.mark('drained', `${Math.round((ctx.now - at) / SECOND)} s`);
    if (uncordonAfter !== undefined) ctx.after(uncordonAfter, due(plan, 'uncordon'));
  }
}

const due = (plan: number, what: DrainDue['what'], node = -1): DrainDue => ({ kind: 'DrainDue', plan, what, node });

function isEvicted({ metadata }: Pod): boolean {
  if (metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false;
  return metadata?.ownerReferences?.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true) !== true;
}
