/** GET pods/NAME/log: the API server says whether and whose, the node's kubelet what stands there. Followed, the kubelet is asked again and again for what has
 *  come since, until this life of the container is over. Mirrors pkg/registry/core/pod/rest/log.go of v1.34. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusObject } from '#api';
import type { Asked } from '../door-messages.ts';
import type { Session } from '../session.ts';
import { sendStatus, sendText } from './reply.ts';

/** Between two looks of one who follows, of real time. */
const LOOK_MILLISECONDS = 200;

/** What a kubelet answers to whoever follows (src/kubelet/log-requests.ts). */
interface Piece {
  readonly text: string;
  readonly position: number;
  readonly isLive: boolean;
}

export const isPodLog = ({ verb, resource, subresource }: Asked): boolean => verb === 'get' && resource === 'pods' && subresource === 'log';

const flag = (value: string | null): boolean => value !== null && !['0', 'false'].includes(value.toLowerCase());

export async function sendPodLog(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  query: URLSearchParams,
  session: Session,
): Promise<void> {
  const { position: _own, ...parameters } = asked.parameters ?? {};
  const follows = flag(query.get('follow')) && !flag(query.get('previous'));
  const at = (position: number): Asked => ({ ...asked, parameters: follows ? { ...parameters, position: String(position) } : parameters });
  let { ticket, answer } = session.gate.ask(at(0));
  response.on('close', () => ticket.close());
  let { code, object } = await answer;
  if (code !== 200) return sendStatus(request, response, object as StatusObject);
  if (typeof object === 'string') return sendText(request, response, 200, 'text/plain', object);
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  while (code === 200 && !response.destroyed) {
    const { text, position, isLive } = object as Piece;
    if (text !== '') response.write(text);
    if (!isLive) break;
    await pause(LOOK_MILLISECONDS);
    if (response.destroyed) return;
    ({ ticket, answer } = session.gate.ask(at(position)));
    ({ code, object } = await answer);
  }
  if (!response.destroyed) response.end();
}
