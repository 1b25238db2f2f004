/** The live page: sent to browsers, which ask for HTML; clients of the API that ask for JSON at the same path get the list of paths. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { livePage } from '../page/page-html.ts';

/** HTML is named, and before any JSON: as browsers do. */
export function wantsPage(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').map((clause) => clause.split(';', 1)[0]?.trim().toLowerCase());
  const html = types.indexOf('text/html');
  const json = types.indexOf('application/json');
  return html >= 0 && (json < 0 || html < json);
}

export function sendPage(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { html, policy } = livePage();
  const body = Buffer.from(html);
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(body.length),
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': policy,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    Vary: 'Accept',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  return Promise.resolve();
}
