/** Discovery, OpenAPI, version, health and metrics: what is answered without asking for any object. */

import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type ApiServer, answerDocument, OpenApi, type OpenApiSchemas } from '#apiserver';
import type { Session } from '../session.ts';
import { sendPieces } from './reply.ts';

const SCHEMAS = new URL('../../apiserver/openapi/schemas.json.gz', import.meta.url);

/** The OpenAPI documents of what is served now: made anew when definitions of custom resources change. */
export class Documents {
  private published: OpenApiSchemas | undefined;
  private openApiOf: { readonly key: string; readonly openApi: OpenApi } | undefined;
  /** Texts by document: they are long, and asked for often. */
  private readonly texts = new WeakMap<object, string>();

  openApi({ definitions }: ApiServer): OpenApi {
    const key = definitions.map(({ metadata }) => `${metadata?.name}/${metadata?.resourceVersion}`).join();
    if (this.openApiOf?.key !== key) {
      this.published ??= JSON.parse(gunzipSync(readFileSync(SCHEMAS)).toString()) as OpenApiSchemas;
      this.openApiOf = { key, openApi: new OpenApi(this.published, definitions) };
    }
    return this.openApiOf.openApi;
  }

  /** False: the path is about objects, or about nothing. */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL, session: Session): Promise<boolean> {
    const { run } = session;
    const server = run.apiServer;
    const query: Record<string, string[]> = {};
    for (const name of new Set(url.searchParams.keys())) query[name] = url.searchParams.getAll(name);
    const isWell = !run.door.isCutOff;
    const found = answerDocument(
      { path: url.pathname, query, accept: request.headers.accept ?? '' },
      {
        definitions: server.definitions,
        aggregated: server.aggregation.groups,
        health: { isReady: isWell && server.isServing, reachesEtcd: isWell && server.isServing },
        openApi: () => this.openApi(server),
        metrics: () => run.instruments(),
      },
    );
    if (found === undefined) return false;
    const { code, contentType, body } = found;
    await sendPieces(request, response, { code, contentType, pieces: [typeof body === 'string' ? body : this.text(body)] });
    return true;
  }

  private text(document: object): string {
    let text = this.texts.get(document);
    if (text === undefined) this.texts.set(document, (text = `${JSON.stringify(document)}\n`));
    return text;
  }
}
