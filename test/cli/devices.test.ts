/** The example of devices, as a user runs it: everybody gets one, the explanation of an attempt agrees with the run, a bad expression is told as Kubernetes does. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inProcess } from './command.ts';

const SCENARIO = fileURLToPath(new URL('../../scenarios/devices.yaml', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'wavetank-devices-'));

test('runs, and its decisions can be taken again', { timeout: 60_000 }, async () => {
  const out = join(directory, 'out');
  const run = await inProcess('run', SCENARIO, '--out', out, '--explain', 'all');
  expect({ code: run.code, text: run.out }).toMatchObject({ code: 0, text: expect.stringContaining('15 bound') });
  const unknown = await inProcess('explain', out, 'training-0');
  const pod = /default\/(training-0-\S+?),/.exec(unknown.err)?.[1] ?? '';
  const explained = await inProcess('explain', out, pod);
  expect(explained.out).toContain('DynamicResources  cannot allocate all claims');
  expect(explained.out).toContain('ResourceClaim not created yet');
  expect(explained.out).not.toContain('CAUTION');
});

test('a bad expression is refused in the words of Kubernetes', { timeout: 60_000 }, async () => {
  const bad = join(directory, 'bad.yaml');
  writeFileSync(bad, readFileSync(SCENARIO, 'utf8').replace('device.driver ==', 'device.drivr =='));
  const { code, out, err } = await inProcess('run', bad, '--out', join(directory, 'bad'));
  expect(code).toBe(1);
  expect(out + err).toContain(
    'DeviceClass.resource.k8s.io "gpu" is invalid: spec.selectors[0].cel.expression: Invalid value: "device.drivr == \\"gpu.example.com\\"": compilation failed: ERROR: <input>:1:7: undefined field \'drivr\'\n | device.drivr == "gpu.example.com"\n | ......^',
  );
});
