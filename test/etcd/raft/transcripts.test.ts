/** Golden transcripts of the Raft machine: commands, and what came of them. `vitest -u` writes them anew; then read the difference. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playTranscript } from './transcript.ts';

const folder = fileURLToPath(new URL('../transcripts/', import.meta.url));

describe('transcripts', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  it('are there', () => expect(files.length).toBeGreaterThanOrEqual(8));
  for (const name of files) {
    it(name, async () => {
      await expect(playTranscript(readFileSync(`${folder}${name}`, 'utf8'))).toMatchFileSnapshot(`${folder}${name}`);
    });
  }
});
