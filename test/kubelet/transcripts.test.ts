import { describe, expect, it } from 'vitest';
import { course } from './node-lab.ts';
import { SITUATIONS } from './situations.ts';

describe('what an observer sees of a node', () => {
  it.each(SITUATIONS.map((situation) => [situation.name, situation] as const))('%s', async (name, situation) => {
    const text = `# ${name}\n# Kubernetes v1.34: ${situation.source}\n# seconds, then: > the user, + made, - gone; one line a change of what is told\n\n${course(situation)}`;
    await expect(text).toMatchFileSnapshot(`transcripts/${name.replaceAll(/[^A-Za-z]+/g, '-')}.txt`);
  });
});
