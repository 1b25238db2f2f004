import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, openLab, openWatch } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
  await lab.pass(30);
}, 60_000);
afterAll(async () => {
  expect(lab.complaints).toEqual([]);
  await lab.stop();
});

const MAPS = '/api/v1/namespaces/default/configmaps';
/** Time stands still as soon as the answer is out: events need a little more of it. */
async function write(method: string, path: string, body?: unknown): Promise<void> {
  expect((await lab.call(method, path, body)).code).toBeLessThan(300);
  await lab.pass(1);
}
const make = (name: string) => write('POST', MAPS, { metadata: { name } });

it('streams what happens, a line each, and ends at timeoutSeconds', async () => {
  const { resourceVersion } = (await lab.call('GET', MAPS)).body.metadata;
  const watch = await openWatch(lab, `${MAPS}?watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=40`);
  expect(watch).toMatchObject({ code: 200 });
  expect(watch.headers.get('content-type')).toBe('application/json');
  await make('w1');
  expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'w1' } } });
  await write('DELETE', `${MAPS}/w1`);
  expect(await watch.next()).toMatchObject({ type: 'DELETED' });
  await lab.pass(41);
  expect(await watch.next()).toBeUndefined();
});

it('sends the state first when asked, then its bookmark', async () => {
  await make('w2');
  const watch = await openWatch(lab, `${MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`);
  let event = await watch.next();
  const seen: string[] = [];
  while (event.type === 'ADDED') {
    seen.push(event.object.metadata.name);
    event = await watch.next();
  }
  expect(seen).toContain('w2');
  expect(event).toMatchObject({ type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } });
  await lab.pass(61);
  expect(await watch.next()).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap' } });
  watch.close();
});

it('sends rows of a table, with its columns once', async () => {
  const watch = await openWatch(lab, `${MAPS}?watch=1&fieldSelector=metadata.name%3Dw3`, {
    Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  await make('w3');
  await write('DELETE', `${MAPS}/w3`);
  const [first, second] = [await watch.next(), await watch.next()];
  expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['w3', 0, expect.anything()] }] } });
  expect(first.object.columnDefinitions).toBeDefined();
  expect(second.object.columnDefinitions).toBeUndefined();
  watch.close();
});

it('tells a watcher whose version is too old to list anew, as an event', async () => {
  await lab.pass(700);
  const watch = await openWatch(lab, '/apis/coordination.k8s.io/v1/leases?watch=true&resourceVersion=2');
  expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  expect(await watch.next()).toBeUndefined();
  expect((await lab.call('GET', `${MAPS}?watch=true&resourceVersion=abc`)).body).toMatchObject({ kind: 'Status', code: 400 });
});

it('forgets a watch whose client went away', async () => {
  const { gate } = lab.session;
  const before = gate.size;
  const watch = await openWatch(lab, `${MAPS}?watch=true`);
  expect(gate.size).toBe(before + 1);
  watch.close();
  await expect.poll(() => gate.size).toBe(before);
  await lab.pass(1);
  expect(lab.session.run.door.streams).toBe(gate.size);
});
