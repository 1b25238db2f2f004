/** What apimachinery v1.34.3 itself made of strategic merge patches that were made at random: with directives, orders, elements that are new, changed or
 *  to go (test/interop/validation). */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { strategicMergePatch, strategicSchema } from '#api';

interface Case {
  readonly old: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly patch: Readonly<Record<string, unknown>>;
  readonly object?: unknown;
  readonly error?: string;
}

const FILE = new URL('./fixtures/upstream-patches.jsonl.gz', import.meta.url);
const cases = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

const kinds = [...new Set(cases.map(({ old }) => old.kind))];

it.each(kinds)('%s become what Kubernetes makes of them', (kind) => {
  for (const { old, patch, object, error } of cases.filter((one) => one.old.kind === kind)) {
    const apply = (): unknown => strategicMergePatch(old, patch, strategicSchema(kind));
    const about = JSON.stringify({ old, patch });
    if (error === undefined) expect(JSON.parse(JSON.stringify(apply())), about).toEqual(object);
    else expect(apply, about).toThrow(error);
  }
});

it('asks for every directive', () => {
  const text = JSON.stringify(cases.map(({ patch }) => patch));
  for (const directive of ['"$patch":"delete"', '"$patch":"replace"', '"$retainKeys"', '"$setElementOrder/', '"$deleteFromPrimitiveList/'])
    expect(text).toContain(directive);
  expect(cases.length).toBeGreaterThan(600);
});
