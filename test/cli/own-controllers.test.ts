/** Controllers and invariants from the command line: what runs, what is refused in one line, and what a violation looks like. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asProcess, inProcess, ROOT } from './command.ts';

const directory = mkdtempSync(join(tmpdir(), 'wavetank-controllers-'));
const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const scenario = write(
  'scenario.yaml',
  `name: small
duration: 1m
cluster:
  nodes: 2
workload:
  - deployments: { count: 1, replicas: 2, start: 10s }
`,
);
/** A file with one controller of pods; its name is the file's, since names are kept for the whole process. */
const controller = (name: string, reconcile: string): string =>
  write(
    `${name}.mjs`,
    `export default {
  name: '${name}',
  workers: 1,
  watches: [{ resource: 'pods', keys: ({ key }) => [key] }],
  reconcile(key, view, stage) {
    const pod = view.lister('pods').get(key);
    ${reconcile}
  },
};
`,
  );
const run = (file: string, ...more: readonly string[]) =>
  inProcess('run', scenario, '--quiet', '--shards', '0', '--out', join(directory, 'out'), '--controller', file, ...more);
const oneLine = (text: string): number => text.trimEnd().split('\n').length;

describe('a controller of the user', () => {
  it('runs beside the others, and the invariants hold', async () => {
    const file = controller(
      'labeller',
      `if (pod?.spec?.nodeName === undefined || pod.metadata.labels.on !== undefined) return {};
    const { namespace, name } = pod.metadata;
    return { requests: [{ verb: 'patch', resource: 'pods', namespace, name, patchType: 'merge', body: { metadata: { labels: { on: pod.spec.nodeName } } } }] };`,
    );
    const { code, out } = await run(file, '--check');
    expect(out).toMatch(/\d+ invariants, \d+ changes: all hold/);
    expect(code).toBe(0);
  });

  it('that breaks an invariant is told so, with its id, the simulated time and the object, and exit code 1', async () => {
    const file = controller(
      'undertaker',
      `const phase = stage === undefined ? 'Succeeded' : 'Running';
    if (pod === undefined || (stage === undefined && pod.status?.phase !== 'Running')) return {};
    const { namespace, name } = pod.metadata;
    const request = { verb: 'patch', resource: 'pods', subresource: 'status', namespace, name, patchType: 'merge', body: { status: { phase } } };
    return { requests: [request], ...(stage === undefined ? { next: { name: 'back' } } : {}) };`,
    );
    const { code, err } = await run(file, '--check');
    expect(err).toMatch(/^C13 violated at 1\d\.\d{3} s: pod default\/\S+ went from Succeeded to Running/m);
    expect(code).toBe(1);
  });

  it('that throws stops the run in one line that names file, line, controller and key', async () => {
    const file = controller('thrower', 'return pod.metadata.labels.nothing.spec;');
    const { code, err } = await asProcess(['run', scenario, '--quiet', '--out', join(directory, 'out'), '--controller', file]);
    expect(err).toMatch(/thrower\.mjs:7: controller thrower threw in reconcile for default\/\S+: Cannot read properties of undefined/);
    expect(err).not.toContain('    at ');
    expect(code).toBe(1);
  });

  it('that imports from wavetank/controller is found wherever it lies', async () => {
    const file = write(
      'importer.mjs',
      `import { SECOND, keyOf } from 'wavetank/controller';
export default {
  name: 'importer',
  workers: 1,
  watches: [{ resource: 'pods', keys: ({ object }) => [keyOf(object)] }],
  reconcile: () => ({ requeueAfter: 30 * SECOND }),
};
`,
    );
    const { code, err } = await asProcess(['run', scenario, '--quiet', '--out', join(directory, 'imports'), '--controller', file]);
    expect([err, code]).toEqual(['', 0]);
  });

  it('whose keys are no list stops the run in one line', async () => {
    const text =
      "export default { name: 'keytext', workers: 1, watches: [{ resource: 'pods', keys: ({ key }) => key }], reconcile: () => ({}) };";
    const { code, err } = await asProcess([
      'run',
      scenario,
      '--quiet',
      '--out',
      join(directory, 'out'),
      '--controller',
      write('keytext.mjs', text),
    ]);
    expect(err).toMatch(/controller keytext answered '\S+' in keys of pods for \S+: expected a list of keys, such as \[key\]/);
    expect(code).toBe(1);
  });

  it.each([
    ['there is none', join(directory, 'nowhere.mjs'), /nowhere\.mjs: /],
    ['exports nothing', write('empty.mjs', 'export const a = 1;\n'), /has no default export/],
    [
      'watches nothing in particular',
      write('blind.mjs', `export default { name: 'blind', workers: 1, watches: [{ keys: () => [] }], reconcile: () => ({}) };\n`),
      /controller blind: a watch has no 'resource'/,
    ],
    [
      'watches what nobody serves',
      write(
        'podz.mjs',
        `export default { name: 'podz', workers: 1, watches: [{ resource: 'podz', keys: () => [] }], reconcile: () => ({}) };\n`,
      ),
      /controller podz watches 'podz': no such resource/,
    ],
    [
      'forgets a group',
      write(
        'groupless.mjs',
        `export default { name: 'groupless', workers: 1, watches: [{ resource: 'jobs', keys: () => [] }], reconcile: () => ({}) };\n`,
      ),
      /did you mean 'jobs\.batch'\?/,
    ],
    [
      'has a period in words',
      write(
        'wordy.mjs',
        `export default { name: 'wordy', workers: 1, period: '5s', tick: () => ({}), watches: [{ resource: 'pods', keys: ({ key }) => [key] }], reconcile: () => ({}) };\n`,
      ),
      /'period' is '5s': expected microseconds/,
    ],
    [
      'brings definitions that are none',
      write(
        'crdless.mjs',
        `export default { name: 'crdless', workers: 1, crds: {}, watches: [{ resource: 'pods', keys: ({ key }) => [key] }], reconcile: () => ({}) };\n`,
      ),
      /'crds' is no list/,
    ],
    ['is no program', write('broken.mjs', 'export default {\n'), /broken\.mjs/],
  ])('whose file is wrong (%s) is refused in one line before anything is written', async (_what, file, expected) => {
    rmSync(join(directory, 'out'), { recursive: true, force: true });
    const { code, err } = await run(file);
    expect(err).toMatch(expected);
    expect(oneLine(err)).toBe(1);
    expect(code).toBe(2);
    expect(existsSync(join(directory, 'out'))).toBe(false);
  });

  it('of the guide: its database survives the loss of the primary', async () => {
    const { code, out } = await inProcess(
      ...['run', `${ROOT}docs/examples/database-operator.yaml`, '--controller', `${ROOT}docs/examples/database-operator.ts`],
      ...['--check', '--quiet', '--out', join(directory, 'database')],
    );
    expect(out).toMatch(/ok +podsRunning/);
    expect(code).toBe(0);
  });
});
