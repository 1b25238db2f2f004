/** Pods from the node's own manifests (--pod-manifest-path): they run without an API server, and a mirror pod there shows them. Mirrors v1.34
 *  pkg/kubelet/config/common.go (names, uids, tolerations) and pkg/kubelet/pod/mirror_client.go. */

import type { KubeObject, Pod } from '#api';
import type { Outcome } from '#client';
import { type Context, hashName, SECOND } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';
import { addPod } from './pod-intake.ts';
import type { PodWorker } from './pod-worker.ts';
import { publishStatus, reconcileStatus } from './status-manager.ts';

const MIRROR = 'kubernetes.io/config.mirror';
/** A failed creation is tried again at the pod's next sync upstream; here after the sync back-off. */
const RETRY = 10 * SECOND;

export class StaticPods {
  private readonly agent: NodeAgent;
  private connected = false;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** At boot. */
  start(ctx: Context): void {
    for (const manifest of this.agent.config.staticPods ?? []) addPod(this.agent, this.localPod(manifest, ctx), true, ctx);
  }

  /** As the kubelet names it: '<name>-<node>', a uid made from the manifest, tolerating every NoExecute taint. */
  private localPod(manifest: Pod, ctx: Context): Pod {
    const { nodeName } = this.agent.config;
    const hash = hashName(`${nodeName}/${JSON.stringify(manifest)}`)
      .toString(16)
      .padStart(16, '0');
    return {
      ...manifest,
      metadata: {
        ...manifest.metadata,
        name: `${manifest.metadata?.name ?? ''}-${nodeName}`,
        namespace: manifest.metadata?.namespace ?? 'default',
        uid: `${hash}${hash}`,
        annotations: {
          ...manifest.metadata?.annotations,
          'kubernetes.io/config.hash': `${hash}${hash}`,
          'kubernetes.io/config.seen': String(ctx.clock()),
          'kubernetes.io/config.source': 'file',
        },
      },
      spec: {
        ...manifest.spec,
        containers: manifest.spec?.containers ?? [],
        nodeName,
        tolerations: [...(manifest.spec?.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
      },
      status: undefined,
    };
  }

  /** The node is registered. */
  connect(ctx: Context): void {
    this.connected = true;
    for (const worker of this.agent.workers.values()) if (worker.isStatic) this.createMirror(worker, ctx);
  }

  private createMirror(worker: PodWorker, ctx: Context): void {
    const { agent } = this;
    if (!this.connected || worker.mirrorUid !== undefined) return;
    const { uid, ...metadata } = worker.metadata ?? {};
    const body = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [MIRROR]: uid ?? '' },
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Node', name: agent.config.nodeName, uid: agent.node?.metadata?.uid ?? '', controller: true },
        ],
      },
      spec: worker.spec,
    };
    const spec = { verb: 'create', resource: 'pods', namespace: worker.namespace, body, discardBody: true } as const;
    agent.client.request(ctx, spec, { of: 'mirror', slot: worker.slot }, agent.egress);
  }

  created(worker: PodWorker, outcome: Outcome<Continuation>, ctx: Context): void {
    // One that is there already shows in the watch.
    if (outcome.code === 409) return;
    if (outcome.code === 0 || outcome.code >= 400) {
      this.agent.after(ctx, RETRY, 'mirror', worker.slot);
      return;
    }
    this.adopt(worker, (outcome.object as KubeObject | undefined)?.metadata?.uid, ctx);
  }

  retry(worker: PodWorker, ctx: Context): void {
    this.createMirror(worker, ctx);
  }

  private adopt(worker: PodWorker, uid: string | undefined, ctx: Context): void {
    if (worker.mirrorUid === uid) return;
    worker.mirrorUid = uid;
    worker.sentPrint = 0;
    worker.known = 'unknown';
    publishStatus(this.agent, worker, ctx);
  }

  /** Whether the watch's pod is a mirror: it is never run. */
  mirrorSeen(pod: Pod, ctx: Context): boolean {
    const mirrored = pod.metadata?.annotations?.[MIRROR];
    if (mirrored === undefined) return false;
    const worker = this.agent.byUid.get(mirrored);
    const current = worker?.isStatic === true;
    if (current && pod.metadata?.deletionTimestamp === undefined) {
      this.adopt(worker, pod.metadata?.uid, ctx);
      reconcileStatus(this.agent, worker, pod, ctx);
    } else this.deleteMirror(pod, ctx);
    return true;
  }

  /** A mirror of an older manifest, or one that somebody deletes: it goes at once, a fresh one follows. */
  private deleteMirror(pod: Pod, ctx: Context): void {
    const { name, namespace, uid } = pod.metadata ?? {};
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    this.agent.client.request(
      ctx,
      { verb: 'delete', resource: 'pods', namespace, name, options, discardBody: true },
      { of: 'event' },
      this.agent.egress,
    );
  }

  mirrorGone(uid: string, ctx: Context): boolean {
    for (const worker of this.agent.workers.values()) {
      if (!worker.isStatic || worker.mirrorUid !== uid) continue;
      worker.mirrorUid = undefined;
      this.createMirror(worker, ctx);
      return true;
    }
    return false;
  }

  /** After a relist: mirrors that vanished meanwhile. */
  listed(uids: ReadonlySet<string>, ctx: Context): void {
    for (const worker of this.agent.workers.values()) {
      if (worker.isStatic && worker.mirrorUid !== undefined && !uids.has(worker.mirrorUid)) this.mirrorGone(worker.mirrorUid, ctx);
    }
  }
}
