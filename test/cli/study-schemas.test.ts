/** The published schemas are those that the code judges by, and a study draws pictures of its charts. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, expect, it } from 'vitest';
import { inProcess, ROOT } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
const scenario = place.file('tiny.yaml', TINY);
afterAll(() => place.remove());

it.each(['result', 'sweep', 'prices', 'comparison', 'sweep-result', 'capacity', 'ci', 'gpu-study'])(
  'scenarios/schema/%s.schema.json is what `wavetank schema` prints',
  async (which) => {
    const { code, out } = await inProcess('schema', which);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(`${ROOT}scenarios/schema/${which}.schema.json`, 'utf8')));
  },
);

it('the published result of the main job, and one of today, are valid by the published schema', async () => {
  const schema = JSON.parse(readFileSync(`${ROOT}scenarios/schema/result.schema.json`, 'utf8')) as object;
  const check = new Ajv2020({ strict: false }).compile(schema);
  await inProcess('run', scenario, '--quiet', '--shards', '0', '--seed', '3', '--out', join(place.path, 'valid'));
  for (const file of [`${ROOT}reports/scale-target/result.json`, join(place.path, 'valid', 'result.json')]) {
    check(JSON.parse(readFileSync(file, 'utf8')));
    expect(check.errors, file).toBeNull();
  }
});

it('prints the result of a run as JSON and nothing else, and draws a comparison as pictures without a browser', async () => {
  const run = await inProcess('run', scenario, '--json', '--quiet', '--shards', '0', '--out', join(place.path, 'run'));
  expect(run.code).toBe(0);
  expect(JSON.parse(run.out)).toEqual(JSON.parse(readFileSync(join(place.path, 'run', 'result.json'), 'utf8')));
  const out = join(place.path, 'self');
  await inProcess('compare', join(place.path, 'run'), join(place.path, 'run'), '--out', out);
  const drawn = await inProcess('report', out, '--format', 'png,html');
  expect(drawn.err).toBe('');
  expect(drawn.code).toBe(0);
  expect(existsSync(join(out, 'report.html'))).toBe(true);
  const pictures = readdirSync(out).filter((name) => name.endsWith('.png'));
  expect(pictures.length).toBeGreaterThan(0);
  for (const name of pictures) expect(readFileSync(join(out, name)).subarray(1, 4).toString()).toBe('PNG');
});
