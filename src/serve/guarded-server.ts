/** A mistake of this program in one request must not take the whole cluster with it: as kube-apiserver recovers from a panic, the client is told and the
 *  server goes on. Mirrors apiserver v1.34 pkg/server/filters/wrap.go. */

import { type ApiRequest, type ApiResponse, internalError } from '#api';
import type { ApiServer } from '#apiserver';
import type { Context, Message } from '#sim';

export function guarded(server: ApiServer, failed: (error: Error) => void): ApiServer {
  const receive = server.receive.bind(server);
  server.receive = (message: Message, ctx: Context): void => {
    try {
      receive(message, ctx);
    } catch (error) {
      failed(error as Error);
      if (message.kind !== 'ApiRequest') return;
      const { id } = message as ApiRequest;
      const status = internalError('this request caused the API server to fail');
      ctx.send(ctx.source, { kind: 'ApiResponse', id, code: 500, object: status } as ApiResponse);
    }
  };
  return server;
}
