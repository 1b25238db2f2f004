/** The documents name what is there: files in backticks and links exist, npm scripts and commands are known. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const documents = ['README.md', 'reports/README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const read = (file: string) => readFileSync(join(root, file), 'utf8');
/** Without what the roadmap says is not there yet. */
const present = (document: string) => read(document).replace(/^.*\| not yet \|.*$/gm, '');
const found = (document: string, pattern: RegExp) => [...present(document).matchAll(pattern)].map((match) => match[1] as string);

it('finds the documents', () => expect(documents.length).toBeGreaterThanOrEqual(6));

it.each(documents)('%s names files that exist', (document) => {
  const named = found(document, /`((?:src|test|workers|scenarios|bin|docs|bench)\/[\w./-]+|\.ci\/run)`/g);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

it.each(documents)('%s links to files that exist', (document) => {
  const links = found(document, /\]\((?!https?:|#)([^)#\s]+)/g);
  expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
});

it.each(documents)('%s runs tests and scripts that exist', (document) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(found(document, /npm run ([\w:-]+)/g).filter((script) => !(script in scripts))).toEqual([]);
  const tests = found(document, /npx vitest run ([^`]+)`/g).flatMap((paths) => paths.split(' '));
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
