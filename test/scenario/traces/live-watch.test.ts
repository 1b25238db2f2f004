/** A watch of a live server tells every change once, whatever happens to its connection. The server here is played. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { LiveWatch, type ObjectChange, RefusedError } from '../../../src/scenario/index.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const pod = (name: string, version: number, uid = name) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', uid, resourceVersion: String(version) },
});
const listed =
  (version: number, items: readonly object[], more?: string): Answer =>
  (_, response) => {
    response.end(
      JSON.stringify({
        kind: 'PodList',
        metadata: { resourceVersion: String(version), ...(more === undefined ? {} : { continue: more }) },
        items,
      }),
    );
  };
const watched =
  (...events: readonly (readonly [type: string, object: object])[]): Answer =>
  (_, response) => {
    for (const [type, object] of events) response.write(`${JSON.stringify({ type, object })}\n`);
    response.end();
  };
const failed =
  (status: number, message: string): Answer =>
  (_, response) => {
    response.writeHead(status);
    response.end(JSON.stringify({ kind: 'Status', code: status, message }));
  };

/** What the watch tells while the server answers so, request by request; the last answer ends it. */
async function told(...answers: readonly Answer[]): Promise<{ readonly changes: string[]; readonly asked: string[] }> {
  const stop = new AbortController();
  const changes: string[] = [];
  const asked: string[] = [];
  server = createServer((request, response) => {
    const answer = answers[asked.length];
    asked.push(request.url ?? '');
    if (answer === undefined) stop.abort();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const endpoint = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret' };
  const changed = ({ type, object }: ObjectChange): void => {
    changes.push(`${type} ${object.metadata?.name} ${object.metadata?.resourceVersion}`);
  };
  await new LiveWatch(endpoint, 'pods', { changed, listed() {}, lost() {} }, stop.signal).follow();
  return { changes, asked };
}

test('goes on where a watch ended, pages of a list together, bookmarks remembered', async () => {
  const { changes, asked } = await told(
    listed(5, [pod('a', 1)], 'next'),
    listed(5, [pod('b', 2)]),
    watched(['ADDED', pod('c', 6)], ['BOOKMARK', { metadata: { resourceVersion: '9' } }]),
    watched(['DELETED', pod('a', 10)]),
  );
  expect(changes).toEqual(['ADDED a 1', 'ADDED b 2', 'ADDED c 6', 'DELETED a 10']);
  expect(asked.map((url) => /continue=\w+|resourceVersion=\d+/.exec(url)?.[0])).toEqual([
    undefined,
    'continue=next',
    'resourceVersion=5',
    'resourceVersion=9',
    'resourceVersion=10',
  ]);
});

test.each([
  ['in the answer', failed(410, 'too old')],
  ['in the stream', watched(['ERROR', { kind: 'Status', code: 410, message: 'too old' }])],
])('410 %s: lists anew and tells what was missed, deletions and new objects of old names too', async (_where, gone) => {
  const { changes } = await told(
    listed(5, [pod('kept', 1), pod('lost', 2), pod('again', 3)]),
    gone,
    listed(20, [pod('kept', 1), pod('again', 15, 'another'), pod('new', 16)]),
    watched(),
  );
  expect(changes).toEqual([
    'ADDED kept 1',
    'ADDED lost 2',
    'ADDED again 3',
    'DELETED again 3',
    'ADDED again 15',
    'ADDED new 16',
    'DELETED lost 2',
  ]);
});

test('a server that is busy or breaks off is asked again', async () => {
  const { changes } = await told(
    listed(5, []),
    (request) => request.socket.destroy(),
    failed(503, 'later'),
    watched(['ADDED', pod('a', 6)]),
  );
  expect(changes).toEqual(['ADDED a 6']);
});

test('a server that refuses is not', async () => {
  await expect(told(failed(403, 'pods is forbidden'))).rejects.toThrow(RefusedError);
});
