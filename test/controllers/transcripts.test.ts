import { describe, expect, it } from 'vitest';
import { lab } from './lab.ts';
import { SITUATIONS } from './situations.ts';
import { AUTOSCALING_SITUATIONS } from './situations-autoscaling.ts';
import { DELIVERY_SITUATIONS } from './situations-delivery.ts';
import { JOB_SITUATIONS } from './situations-jobs.ts';
import { SNAPSHOT_SITUATIONS } from './situations-snapshots.ts';
import { STORAGE_SITUATIONS } from './situations-storage.ts';
import { VOLUME_SITUATIONS } from './situations-volumes.ts';
import { WORKLOAD_SITUATIONS } from './situations-workloads.ts';
import { transcript } from './transcript.ts';

describe('what an observer sees', () => {
  it.each(
    [
      ...SITUATIONS,
      ...JOB_SITUATIONS,
      ...AUTOSCALING_SITUATIONS,
      ...WORKLOAD_SITUATIONS,
      ...DELIVERY_SITUATIONS,
      ...STORAGE_SITUATIONS,
      ...SNAPSHOT_SITUATIONS,
      ...VOLUME_SITUATIONS,
    ].map((situation) => [situation.name, situation] as const),
  )('%s', async (name, { source, steps, options, since, resources }) => {
    const { farm } = lab(steps, options);
    const text = `# ${name}\n# Kubernetes v1.34: ${source}\n# seconds, then: + made, - gone; one line an object and tenth of a second, with what it came to\n\n${transcript(farm.seen, { since, resources })}`;
    await expect(text).toMatchFileSnapshot(`transcripts/${name.replaceAll(/[^a-z]+/g, '-')}.txt`);
  });
});
