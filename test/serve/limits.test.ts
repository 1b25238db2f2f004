/** What a client that takes its time, or too much, comes to. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../../src/serve/http/server.ts';
import { type Lab, openLab } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.pass(5);
}, 60_000);
afterAll(async () => {
  expect(lab.complaints).toEqual([]);
  await lab.stop();
});

const MAPS = '/api/v1/namespaces/default/configmaps';

/** Sends, and resolves with all that came when the other side has closed. */
const talk = (port: number, text: string): Promise<string> =>
  new Promise((done, failed) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      said += String(chunk);
    });
    socket.on('error', failed);
    socket.on('close', () => done(said));
  });

it('closes on a client that never ends its headers, or its body', async () => {
  const short = await startServer({
    isLocal: true,
    token: 'token',
    hostNames: [],
    address: '127.0.0.1',
    port: 0,
    session: lab.session,
    complain: () => undefined,
    patience: { headersMs: 50, requestMs: 100, checkMs: 20 },
  });
  try {
    expect(await talk(short.port, 'GET /version HTTP/1.1\r\nHost: localhost\r\n')).toMatch(/^HTTP\/1.1 408 /);
    const head = `POST ${MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    expect(await talk(short.port, head)).toMatch(/^HTTP\/1.1 408 /);
  } finally {
    await short.stop();
  }
});

it('cuts off a watcher that does not read, and nobody else', async () => {
  const { gate } = lab.session;
  const before = gate.size;
  const socket = connect(lab.port, '127.0.0.1', () => socket.write(`GET ${MAPS}?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n`));
  socket.on('error', () => undefined);
  socket.pause();
  await expect.poll(() => gate.size).toBe(before + 1);
  await lab.pass(1);
  const text = 'x'.repeat(900_000);
  for (let i = 0; i < 60 && gate.size > before; i++) {
    await lab.call('POST', MAPS, { metadata: { name: `big-${i}` }, data: { text } });
    await lab.call('DELETE', `${MAPS}/big-${i}`);
    await lab.pass(1);
  }
  expect(gate.size).toBe(before);
  socket.destroy();
  expect((await lab.call('GET', '/readyz')).code).toBe(200);
});
