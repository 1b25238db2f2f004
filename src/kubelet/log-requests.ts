/** The kubelet's `/containerLogs`: an API server asks, this node answers with the text. Which life of a container is meant, and the errors where there is
 *  none, are upstream's. Mirrors v1.34 pkg/kubelet/server/server.go (getContainerLogs), kubelet_pods.go (validateContainerLogStatus), kuberuntime/logs.
 *  `position` (an instant, of this program's own) asks for what came since, as one who follows does: the answer then says how far it went. */

import { type ApiRequest, type ApiResponse, badRequest, notFound, parseTime, rfc3339Micro, type StatusObject } from '#api';
import { type Context, type Instant, MICROSECOND, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { ContainerLog, type LogLine } from './container-log.ts';
import type { ContainerRecord, PodWorker, Termination } from './pod-worker.ts';

/** Reading a line and sending it. assumed. */
const LINE_COST = 2 * MICROSECOND;

/** The answer to a request with a `position`. */
export interface LogPiece {
  readonly kind: 'PodLog';
  readonly text: string;
  /** The position to ask with next. */
  readonly position: Instant;
  /** More may come. */
  readonly isLive: boolean;
}

type Parameters = Readonly<Record<string, string>>;

export function answerLog(agent: NodeAgent, request: ApiRequest, ctx: Context): void {
  const object = read(agent, request, ctx);
  const failed = typeof object === 'object' && object.kind === 'Status';
  const response: ApiResponse = { kind: 'ApiResponse', id: request.id, code: failed ? object.code : 200, object };
  ctx.send(ctx.source, response, ctx.charge(MICROSECOND));
}

function read(agent: NodeAgent, { namespace, name, parameters = {} }: ApiRequest, ctx: Context): string | LogPiece | StatusObject {
  const worker = workerOf(agent, namespace ?? '', name ?? '');
  if (worker === undefined) return { ...notFound('pods', name ?? ''), message: 'pod does not exist' };
  const container = parameters['container'] ?? '';
  const record = worker.containers.find(({ spec }) => spec.name === container);
  if (record === undefined) return badRequest(`container "${container}" in pod "${name}" is not available`);
  const life = lifeOf(worker, record, isSet(parameters['previous']));
  if ('kind' in life) return life;
  const log = new ContainerLog(record, life.end);
  const { containerLogMaxBytes } = agent.settings;
  const file = log.fileSince(ctx.now, containerLogMaxBytes, agent.startedAt);
  const position = parameters['position'];
  if (position === undefined)
    return text(log.lines(sinceOf(parameters, file, agent, ctx), ctx.now + 1, tailOf(parameters)), parameters, agent, ctx);
  // While it runs, this instant may still bring lines.
  const isLive = life.end === undefined;
  const to = isLive ? ctx.now : ctx.now + 1;
  const isFirst = Number(position) === 0;
  const from = isFirst ? sinceOf(parameters, file, agent, ctx) : Number(position);
  const lines = log.lines(from, to, isFirst ? tailOf(parameters) : undefined);
  return { kind: 'PodLog', text: text(lines, parameters, agent, ctx), position: to, isLive };
}

/** The newest of that name: one that was replaced under its name may still be ending. */
function workerOf(agent: NodeAgent, namespace: string, name: string): PodWorker | undefined {
  let found: PodWorker | undefined;
  for (const worker of agent.workers.values()) if (worker.name === name && worker.namespace === namespace) found = worker;
  return found;
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '0' && value !== 'false';

/** `end` of a life that is over. */
function lifeOf(
  { name }: PodWorker,
  record: ContainerRecord,
  isPrevious: boolean,
): { readonly end: Termination | undefined } | StatusObject {
  const place = `container "${record.spec.name}" in pod "${name}"`;
  const { state, termination, trouble, reason } = record;
  if (isPrevious) {
    const previous = state === 'waiting' ? termination : trouble?.previous;
    return previous === undefined ? badRequest(`previous terminated ${place} not found`) : { end: previous };
  }
  if (state === 'running') return { end: undefined };
  if (termination !== undefined) return { end: termination };
  if (reason === 'ErrImagePull') return badRequest(`${place} is waiting to start: image can't be pulled`);
  if (reason === 'ImagePullBackOff') return badRequest(`${place} is waiting to start: trying and failing to pull image`);
  return badRequest(`${place} is waiting to start: ${reason}`);
}

/** From where: not before the newest file. */
function sinceOf(parameters: Parameters, file: Instant, agent: NodeAgent, ctx: Context): Instant {
  const { sinceSeconds, sinceTime } = parameters;
  if (sinceSeconds !== undefined && sinceSeconds !== '') return Math.max(file, ctx.now - Number(sinceSeconds) * SECOND);
  const time = sinceTime === undefined ? undefined : parseTime(sinceTime);
  return time === undefined ? file : Math.max(file, time - agent.epoch(ctx));
}

const tailOf = ({ tailLines }: Parameters): number | undefined =>
  tailLines === undefined || tailLines === '' ? undefined : Number(tailLines);

function text(lines: readonly LogLine[], { timestamps, limitBytes }: Parameters, agent: NodeAgent, ctx: Context): string {
  ctx.charge(lines.length * LINE_COST);
  const epoch = agent.epoch(ctx);
  const stamp = isSet(timestamps) ? (at: Instant): string => `${rfc3339Micro(epoch + at).replace('Z', '000Z')} ` : (): string => '';
  const whole = lines.map(({ at, text: line }) => `${stamp(at)}${line}\n`).join('');
  return limitBytes === undefined || limitBytes === '' ? whole : cut(whole, Number(limitBytes));
}

/** So many bytes of UTF-8; a character that does not fit whole is left out. */
function cut(whole: string, limit: number): string {
  if (whole.length * 3 <= limit) return whole;
  let bytes = 0;
  let end = 0;
  for (const character of whole) {
    const code = character.codePointAt(0) as number;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > limit) break;
    end += character.length;
  }
  return whole.slice(0, end);
}
