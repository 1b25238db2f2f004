/** An HTTP extender that really is one: what the scheduler asks goes out by HTTP, and what comes back enters the simulation as the answer. How long it
 *  takes is how long it took; the scheduler's own time-out (httpTimeout) counts in simulated time, as it does. */

import { type Context, type Host, type HostId, type HostSpec, type Message, messageKind } from '#sim';

export interface HttpExtenderConfig {
  /** urlPrefix. */
  readonly name: string;
  readonly module: string;
}

/** What the scheduler sends: scheduler/extender-client.ts. */
export interface ExtenderQuestion extends Message {
  readonly kind: 'ExtenderRequest';
  readonly id: number;
  readonly url: string;
  readonly args: unknown;
}
export interface ExtenderReply extends Message {
  readonly kind: 'ExtenderResponse';
  readonly id: number;
  readonly code: number;
  readonly body: unknown;
  readonly garbage?: string;
  readonly failure?: string;
}
/** A reply that came by HTTP, on its way to the host that asked. */
interface HttpReply extends Message {
  readonly kind: 'HttpExtenderReply';
  readonly to: HostId;
  readonly reply: ExtenderReply;
}

messageKind<HttpReply>({
  kind: 'HttpExtenderReply',
  digest(m, hasher) {
    hasher.int(m.to);
    hasher.int(m.reply.id);
    hasher.int(m.reply.code);
  },
});

export type AskExtender = (host: HostId, from: HostId, question: ExtenderQuestion) => void;

/** Stands where the file of a simulated extender stands. */
export const BY_HTTP = 'http:';

export const isHttpExtender = ({ program, config }: HostSpec): boolean =>
  program === 'extender' && (config as HttpExtenderConfig).module === BY_HTTP;

export class HttpExtender implements Host {
  private readonly id: HostId;
  private readonly ask: AskExtender;

  constructor(_config: HttpExtenderConfig, id: HostId, ask: AskExtender) {
    this.id = id;
    this.ask = ask;
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'ExtenderRequest') this.ask(this.id, ctx.source, message as ExtenderQuestion);
    else if (message.kind === 'HttpExtenderReply') {
      const { to, reply } = message as HttpReply;
      ctx.send(to, reply);
    }
  }
}

export const httpReply = (to: HostId, reply: ExtenderReply): HttpReply => ({ kind: 'HttpExtenderReply', to, reply });
