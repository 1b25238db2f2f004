/** `wavetank record` of a server that is played: what was seen until Ctrl-C is a whole file and a success, and what cannot be reached is one line. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asProcess, inProcess, whenItIs } from './command.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wavetank-record-'));
});
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(directory, { recursive: true, force: true });
});

const deployment = (name: string, version: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default', uid: name, resourceVersion: String(version) },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [] } },
  },
});

/** Has one Deployment, and tells of another as soon as somebody watches; the watch stays open. */
async function played(): Promise<{ readonly url: string; readonly isWatched: () => boolean }> {
  let watched = false;
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
    if (pathname === '/version') return response.end('{}');
    const isDeployments = pathname.endsWith('/deployments');
    if (searchParams.get('watch') === null)
      return response.end(
        JSON.stringify({ kind: 'List', metadata: { resourceVersion: '5' }, items: isDeployments ? [deployment('old', 4)] : [] }),
      );
    response.flushHeaders();
    if (!isDeployments) return;
    response.write(`${JSON.stringify({ type: 'ADDED', object: deployment('new', 6) })}\n`);
    setTimeout(() => {
      watched = true;
    }, 200);
    return;
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, isWatched: () => watched };
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s writes what was seen until then, whole, and ends with 0',
  async (signal) => {
    const { url, isWatched } = await played();
    const file = join(directory, 'live.json');
    const { code, out, err } = await asProcess(['record', '--server', url, '-o', file], {
      patience: 50_000,
      meanwhile: (kill) => whenItIs(isWatched, () => kill(signal)),
    });
    expect(err).toMatch(/^recording http:\/\/127\.0\.0\.1:\d+; Ctrl-C writes /);
    expect(code).toBe(0);
    expect(out).toContain(file);
    expect(readdirSync(directory)).toEqual(['live.json']);
    const text = readFileSync(file, 'utf8');
    expect(() => JSON.parse(text)).not.toThrow();
    expect([...text.matchAll(/"name":\s*"(old|new)"/g)].map(([, name]) => name)).toEqual(expect.arrayContaining(['old', 'new']));
  },
  60_000,
);

test('a server that is not there is one line, exit 2, and no file', async () => {
  const file = join(directory, 'none.sktrace');
  const { code, err } = await inProcess('record', '--server', 'http://127.0.0.1:1', '-o', file);
  expect(err).toMatch(/^wavetank: http:\/\/127\.0\.0\.1:1.* cannot be reached: ECONNREFUSED\n$/);
  expect(code).toBe(2);
  expect(existsSync(file)).toBe(false);
});
