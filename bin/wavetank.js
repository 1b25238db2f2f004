#!/usr/bin/env node
// The door from the shell. Plain JavaScript, so that an old Node can read it and say what it lacks.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`wavetank: needs Node 22.18 or newer, this is ${process.versions.node} (in a checkout: . tools/node/ensure)\n`);
  process.exit(2);
}
// `wavetank ... | head` closes the pipe early; that is no error of ours.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.stderr.write(`wavetank: standard output: cannot be written: ${error.code ?? error.message}\n`);
  process.exit(3);
});
const { enableCompileCache } = await import('node:module');
enableCompileCache?.();
const { existsSync } = await import('node:fs');
// A checkout runs its sources as they are; a package holds them compiled, because Node strips no types under node_modules.
const source = new URL('../src/cli/main.ts', import.meta.url);
const { run } = await import(existsSync(source) ? source.href : new URL('../dist/src/cli/main.js', import.meta.url).href);
process.exitCode = await run(process.argv.slice(2));
