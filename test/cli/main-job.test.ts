/** Both sizes of the main job: what arrives is what its Deployments and Jobs hold. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDuration, setPath } from '#scenario';
import { TENTH } from '../../src/cli/main-job-command.ts';

const FILE = fileURLToPath(new URL('../../scenarios/scale-target.yaml', import.meta.url));

interface Wave {
  readonly count: number;
  readonly replicas?: number;
  readonly completions?: number;
  readonly phases: readonly { readonly for: string; readonly podsPerSecond: number | { readonly from: number; readonly to: number } }[];
}

const arrivals = ({ phases }: Wave): number =>
  phases.reduce((sum, { for: span, podsPerSecond: rate }) => {
    const mean = typeof rate === 'number' ? rate : (rate.from + rate.to) / 2;
    return sum + mean * ((parseDuration(span) as number) / 1e6);
  }, 0);

test.each([
  ['whole', [], 150_000],
  ['a tenth', TENTH, 15_000],
] as const)('%s', (_, overlays, pods) => {
  let written: unknown = parse(readFileSync(FILE, 'utf8'));
  for (const overlay of overlays) written = setPath(written, overlay);
  const [{ deployments }, { jobs }] = (written as { workload: [{ deployments: Wave }, { jobs: Wave }] }).workload;
  expect(arrivals(deployments)).toBe(deployments.count * (deployments.replicas as number));
  expect(arrivals(jobs)).toBe(jobs.count * (jobs.completions as number));
  expect(arrivals(deployments) + arrivals(jobs)).toBe(pods);
});
