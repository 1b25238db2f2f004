// Builds dist/, what the published package holds: compiled sources, and the files that they read. Node strips no types under
// node_modules, so a package cannot run from its sources as a checkout does.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { vendorTypes } from './vendor-types.js';

const { name, version, imports } = JSON.parse(readFileSync('package.json', 'utf8'));
rmSync('dist', { recursive: true, force: true });
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
vendorTypes();
cpSync('src/report/browser', 'dist/src/report/browser', { recursive: true });
cpSync('src/serve/page', 'dist/src/serve/page', { recursive: true, filter: (file) => !file.endsWith('.ts') });
cpSync('src/apiserver/openapi/schemas.json.gz', 'dist/src/apiserver/openapi/schemas.json.gz');
cpSync('scenarios', 'dist/scenarios', { recursive: true });
// The doors of the rooms, as package.json maps them, but to the compiled files. Node takes the nearest package.json above a file.
const compiled = Object.fromEntries(Object.entries(imports).map(([door, file]) => [door, file.replace(/\.ts$/, '.js')]));
writeFileSync(
  'dist/package.json',
  `${JSON.stringify({ name: `${name}-dist`, version, private: true, type: 'module', imports: compiled }, null, 2)}\n`,
);
