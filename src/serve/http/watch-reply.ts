/** A watch as HTTP has it: one JSON object a line, for as long as it lasts. A client that reads too slowly is cut off, as upstream's are: it has to list anew. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusObject, WatchEvent } from '#api';
import type { Asked } from '../door-messages.ts';
import type { Session } from '../session.ts';
import { sendObject, sendStatus } from './reply.ts';
import { eventShower, type Presentation } from './shown.ts';

/** Bytes that may wait for one client. */
const MOST_WAITING = 16 * 1024 * 1024;

/** The last events as text: many watchers are told the same. */
class Lines {
  private readonly texts = new Map<object, string>();

  of({ type, object }: WatchEvent): string {
    const known = this.texts.get(object);
    const text = known ?? JSON.stringify(object);
    if (known === undefined) {
      this.texts.set(object, text);
      if (this.texts.size > 64) this.texts.delete(this.texts.keys().next().value as object);
    }
    return `{"type":"${type}","object":${text}}\n`;
  }
}

const lines = new Lines();

export function streamWatch(
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
  how: Presentation,
  session: Session,
): Promise<void> {
  return new Promise((done) => {
    const show = eventShower(how, session);
    const ticket = session.gate.watch(asked, {
      opened({ code, object }) {
        if (code >= 300) {
          void sendStatus(request, response, object as StatusObject).then(done);
          return;
        }
        response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
        response.flushHeaders();
      },
      events(events, closed) {
        if (response.destroyed || response.writableEnded) return;
        if (!response.headersSent) {
          void sendObject(request, response, 200, {}).then(done);
          return;
        }
        if (events.length > 0)
          response.write(events.map((event) => (show === undefined ? lines.of(event) : `${lineOf(show(event))}\n`)).join(''));
        if (closed) response.end(done);
        else if (response.writableLength > MOST_WAITING) response.destroy();
      },
    });
    response.on('close', () => {
      ticket.close();
      done();
    });
  });
}

const lineOf = ({ type, object }: WatchEvent): string => JSON.stringify({ type, object });
