/** A container's image before its start: pull policy, back-off, the waiting states and Events. Mirrors v1.34 pkg/kubelet/images/image_manager.go. */

import type { Context } from '#sim';
import { SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { inBackOff, raiseBackOff } from './back-off.ts';
import type { PullRefusal, PullResult } from './images.ts';
import { podEvent } from './pod-events.ts';
import { type ContainerRecord, type PodWorker, subjectOf, troubleOf } from './pod-worker.ts';

/** What the API server's defaulting gives (pkg/apis/core/v1/defaults.go): Always for ':latest' and untagged names. */
function pullPolicy(record: ContainerRecord): string {
  const policy = record.spec.imagePullPolicy;
  if (policy !== undefined) return policy;
  const image = record.spec.image ?? '';
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const NO_BACK_OFF = { delay: 0, raisedAt: 0 };

/** 'ready': start it; 'pulling': the pull's end comes back; 'failed': the sync goes on without it. */
export function ensureImage(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  index: number,
  ctx: Context,
): 'ready' | 'pulling' | 'failed' {
  const image = record.spec.image ?? '';
  const policy = pullPolicy(record);
  const present = agent.images.has(image);
  if (present && policy !== 'Always') {
    podEvent(agent, worker, record, 'Normal', 'Pulled', presentText(image), ctx);
    return 'ready';
  }
  if (!present && policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    podEvent(agent, worker, record, 'Warning', 'ErrImageNeverPull', message, ctx);
    return refuse(agent, worker, record, 'ErrImageNeverPull', message, ctx);
  }
  const max = agent.settings.imagePullBackOffMaxSeconds * SECOND;
  const entry = record.trouble?.pull ?? NO_BACK_OFF;
  if (inBackOff(entry, entry.raisedAt, ctx.now, max)) {
    podEvent(agent, worker, record, 'Normal', 'BackOff', `Back-off pulling image "${image}"`, ctx);
    return refuse(agent, worker, record, 'ImagePullBackOff', `Back-off pulling image "${image}"`, ctx);
  }
  podEvent(agent, worker, record, 'Normal', 'Pulling', `Pulling image "${image}"`, ctx);
  agent.images.pull(ctx, image, { slot: worker.slot, container: index, askedAt: ctx.now }, record.behaviour.pullFails === true);
  agent.armImages(ctx);
  return 'pulling';
}

const texts = new Map<string, string>();
function presentText(image: string): string {
  let text = texts.get(image);
  if (text === undefined) texts.set(image, (text = `Container image "${image}" already present on machine`));
  return text;
}

function refuse(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, reason: string, message: string, ctx: Context): 'failed' {
  wait(record, reason, message);
  podEvent(agent, worker, record, 'Warning', 'Failed', `Error: ${reason}`, ctx);
  return 'failed';
}

function wait(record: ContainerRecord, reason: string, message: string): void {
  record.state = 'waiting';
  record.reason = reason;
  record.message = message;
}

/** A pull that this container waited for has ended; returns whether it can start. */
export function imagePulled(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  askedAt: number,
  result: PullResult,
  ctx: Context,
): boolean {
  const { image } = result;
  const total = ctx.now - askedAt;
  worker.pullTime += total;
  ctx.record.span(subjectOf(worker), 'pull', askedAt, total, image);
  if (result.ok) {
    if (record.trouble !== undefined) record.trouble.pull.delay = 0;
    const alone = ctx.now - Math.max(askedAt, result.startedAt);
    const message = `Successfully pulled image "${image}" in ${seconds(alone)} (${seconds(total)} including waiting). Image size: ${result.bytes} bytes.`;
    podEvent(agent, worker, record, 'Normal', 'Pulled', message, ctx);
    return true;
  }
  const message = failureText(image, result.refusal);
  const { imagePullBackOffSeconds, imagePullBackOffMaxSeconds } = agent.settings;
  raiseBackOff(troubleOf(record).pull, ctx.now, ctx.now, imagePullBackOffSeconds * SECOND, imagePullBackOffMaxSeconds * SECOND);
  podEvent(agent, worker, record, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`, ctx);
  podEvent(agent, worker, record, 'Warning', 'Failed', 'Error: ErrImagePull', ctx);
  wait(record, 'ErrImagePull', message);
  return false;
}

/** What containerd or the kubelet says. */
function failureText(image: string, refusal: PullRefusal | undefined): string {
  if (refusal === 'qps') return 'pull QPS exceeded';
  const what = `failed to pull and unpack image "${image}": failed to`;
  if (refusal === undefined) return `rpc error: code = NotFound desc = ${what} resolve reference "${image}": ${image}: not found`;
  return `rpc error: code = Unknown desc = ${what} copy: httpReadSeeker: failed open: unexpected status code 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.`;
}

/** As Go prints a duration rounded to the millisecond: '1.5s', '250ms'. */
function seconds(duration: number): string {
  const milli = Math.round(duration / 1000);
  return milli < 1000 ? `${milli}ms` : `${milli / 1000}s`;
}
