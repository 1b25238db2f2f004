/** GET pods/NAME/log: whether the client may is for the API server to say, what there is to read stands in the pod. Followed, it lasts as long as the
 *  container does. Mirrors pkg/registry/core/pod/rest/log.go and core/v1 PodLogOptions of v1.34. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalid, type Pod, rfc3339, type StatusObject } from '#api';
import type { Asked } from '../door-messages.ts';
import type { Session } from '../session.ts';
import { ADMINISTRATOR } from './access.ts';
import { HttpFailure, malformed } from './failures.ts';
import { type LogLine, logContainer, logLines, runningSince } from './log-lines.ts';
import { sendStatus, sendText } from './reply.ts';

interface LogOptions {
  readonly container: string | null;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Lines before it are left out. */
  readonly since?: string;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

export const isPodLog = ({ verb, resource, subresource }: Asked): boolean => verb === 'get' && resource === 'pods' && subresource === 'log';

const flag = (value: string | null): boolean => value !== null && !['0', 'false'].includes(value.toLowerCase());

function count(query: URLSearchParams, field: string, least: number, pod: string): number | undefined {
  const value = query.get(field);
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d{1,19}$/.test(value))
    throw new HttpFailure(malformed(`strconv.ParseInt: parsing "${value.slice(0, 100)}": invalid syntax`));
  if (Number(value) >= least) return Number(value);
  const message = `Invalid value: ${Number(value)}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
  throw new HttpFailure(invalid('PodLogOptions', '', pod, [{ reason: 'FieldValueInvalid', field, message }]));
}

function optionsOf(query: URLSearchParams, pod: string, clock: number): LogOptions {
  const seconds = count(query, 'sinceSeconds', 1, pod);
  const time = query.get('sinceTime') ?? undefined;
  if (time !== undefined && Number.isNaN(Date.parse(time)))
    throw new HttpFailure(malformed(`parsing time "${time.slice(0, 100)}": not RFC 3339`));
  const since = seconds === undefined ? (time === undefined ? undefined : Date.parse(time) * 1000) : clock - seconds * 1_000_000;
  return {
    container: query.get('container'),
    follow: flag(query.get('follow')),
    previous: flag(query.get('previous')),
    timestamps: flag(query.get('timestamps')),
    ...(since === undefined ? {} : { since: rfc3339(since) }),
    tailLines: count(query, 'tailLines', 0, pod),
    limitBytes: count(query, 'limitBytes', 1, pod),
  };
}

const textOf = (lines: readonly LogLine[], { timestamps }: LogOptions): string =>
  lines.map(({ at, text }) => `${timestamps ? `${at.replace('Z', '.000000000Z')} ` : ''}${text}\n`).join('');

function shown(lines: readonly LogLine[], options: LogOptions): string {
  const { since, tailLines, limitBytes } = options;
  const late = since === undefined ? lines : lines.filter(({ at }) => at >= since);
  const last = tailLines === undefined ? late : late.slice(Math.max(0, late.length - tailLines));
  const text = textOf(last, options);
  return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString();
}

export async function sendPodLog(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  query: URLSearchParams,
  session: Session,
): Promise<void> {
  const judged = await session.gate.ask(asked).answer;
  // 501: nobody refused.
  if (judged.code !== 501) return sendStatus(request, response, judged.object as StatusObject);
  const { name, namespace } = asked;
  const found = await session.gate.ask({ verb: 'get', resource: 'pods', namespace, name, user: ADMINISTRATOR }).answer;
  if (found.code !== 200) return sendStatus(request, response, found.object as StatusObject);
  const pod = found.object as Pod;
  const options = optionsOf(query, name ?? '', session.run.clock);
  const container = logContainer(pod, options.container);
  const lines = logLines(pod, container, options.previous);
  const text = shown(lines, options);
  if (!options.follow || options.previous || runningSince(pod, container) === undefined)
    return sendText(request, response, 200, 'text/plain', text);
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  response.write(text);
  return follow(response, pod, container, lines.length, options, session);
}

/** Until this life of the container is over. */
function follow(
  response: ServerResponse,
  pod: Pod,
  container: string,
  before: number,
  options: LogOptions,
  session: Session,
): Promise<void> {
  const { name = '', namespace, resourceVersion } = pod.metadata ?? {};
  const since = runningSince(pod, container);
  return new Promise((done) => {
    const asked: Asked = {
      verb: 'watch',
      resource: 'pods',
      namespace,
      user: ADMINISTRATOR,
      options: { fieldSelector: `metadata.name=${name}`, resourceVersion },
    };
    const end = (last = ''): void => {
      if (!response.writableEnded && !response.destroyed) response.end(last);
    };
    const ticket = session.gate.watch(asked, {
      opened: ({ code }) => {
        if (code >= 300) end();
      },
      events(events, closed) {
        for (const { type, object } of events) {
          const now = object as Pod;
          if (type !== 'DELETED' && type !== 'ERROR' && runningSince(now, container) === since) continue;
          return end(textOf(type === 'ERROR' ? [] : whatCame(now, container, before), options));
        }
        if (closed) end();
      },
    });
    response.on('close', () => {
      ticket.close();
      done();
    });
  });
}

/** One that runs again shows how it ended in its last state. */
function whatCame(pod: Pod, container: string, before: number): readonly LogLine[] {
  try {
    return logLines(pod, container, runningSince(pod, container) !== undefined).slice(before);
  } catch {
    return [];
  }
}
