// Copies the Kubernetes types that the built declarations name into dist/types, and points the declarations there: who writes a plugin gets
// Pod and Node with all their fields, and nobody has to install 18 MB of schemas for them.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const named = /((?:from|import)\s*\(?\s*)(["'])((?:@kubernetes-models\/[a-z]+|kubernetes-models)(?:\/[^"']*)?)\2/g;
const beside = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** The declaration that a specifier such as 'kubernetes-models/v1/Pod' stands for. */
function declarationOf(specifier) {
  const bare = /^(@kubernetes-models\/[a-z]+|kubernetes-models)$/.test(specifier);
  const file = join('node_modules', bare ? `${specifier}/dist/index.d.ts` : `${specifier.replace(/\.js$/, '')}.d.ts`);
  if (!existsSync(file)) throw new Error(`${specifier}: no ${file}`);
  return file;
}

const target = (file) => join('dist/types', relative('node_modules', file));

/** Rewrites one declaration; returns those of the models that it needs. */
function rewritten(text, at) {
  const needed = [];
  const out = text.replace(named, (_, before, quote, specifier) => {
    const file = declarationOf(specifier);
    needed.push(file);
    const path = relative(dirname(at), target(file)).replace(/\.d\.ts$/, '.js');
    return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
  });
  return { out, needed };
}

export function vendorTypes() {
  const wanted = [];
  for (const entry of readdirSync('dist/src', { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.d.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    const { out, needed } = rewritten(readFileSync(file, 'utf8'), file);
    if (needed.length > 0) writeFileSync(file, out);
    wanted.push(...needed);
  }
  const seen = new Set();
  for (const file of wanted) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(beside)) wanted.push(join(dirname(file), path.replace(/\.js$/, '.d.ts')));
    const { out, needed } = rewritten(text, target(file));
    wanted.push(...needed);
    mkdirSync(dirname(target(file)), { recursive: true });
    writeFileSync(target(file), out);
  }
  cpSync('node_modules/kubernetes-models/LICENSE', 'dist/types/kubernetes-models/LICENSE');
  return seen.size;
}
