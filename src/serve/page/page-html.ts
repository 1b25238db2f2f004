/** The live page as one HTML file: markup, style, Chart.js and the widgets' scripts inside. It asks nobody but the server that it came from. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chartJs, reportCss } from '#report';

/** In an order in which each is declared before it is used; a file's imports only name what stands above. */
const SCRIPTS = [
  'dom.js',
  'server.js',
  'status-bar.js',
  'controls.js',
  'faults.js',
  'heat-grid.js',
  'phases.js',
  'charts.js',
  'tables.js',
  'details.js',
  'search.js',
  'main.js',
];

export interface LivePage {
  readonly html: string;
  /** Content-Security-Policy: no script but those inside, and no other server. */
  readonly policy: string;
}

const asset = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');

/** Modules as one script: each in a scope of its own, whose exports those below it import. */
const joined = (): string => `const modules = {};\n${SCRIPTS.map(scoped).join('\n')}`;

function scoped(name: string): string {
  const text = asset(name);
  const exported = [...text.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, own]) => own);
  const body = text.replace(/^import (\{[^}]*\}) from '\.\/([\w-]+\.js)';$/gm, "const $1 = modules['$2'];").replace(/^export /gm, '');
  return `modules['${name}'] = (() => {\n${body}\nreturn { ${exported.join(', ')} };\n})();`;
}

const hashOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;

let made: LivePage | undefined;

export function livePage(): LivePage {
  made ??= makePage();
  return made;
}

function makePage(): LivePage {
  const scripts = [chartJs(), joined()];
  const html = asset('page.html')
    .replace('<!-- style -->', () => `<style>\n${reportCss()}\n${asset('page.css')}</style>`)
    .replace('<!-- scripts -->', () => `<script>${scripts[0]}</script>\n<script type="module">${scripts[1]}</script>`);
  const policy = `default-src 'none'; script-src ${scripts.map(hashOf).join(' ')}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, policy };
}
