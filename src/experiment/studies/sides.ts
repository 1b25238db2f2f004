/** What `A` and `B` of a comparison may be: a scenario, a scheduler's configuration, a named profile, a plugin, another build, or results that exist. */

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decodeText, nearest, parseSource, printable, readBytes, UserError } from '#scenario';
import type { Result } from '../result.ts';
import { readResult, resultsUnder } from './read-result.ts';

export type Side =
  | { readonly kind: 'scenario'; readonly name: string; readonly file: string }
  | { readonly kind: 'scheduler'; readonly name: string; readonly set: string; readonly what: string }
  | { readonly kind: 'plugin'; readonly name: string; readonly file: string }
  | { readonly kind: 'build'; readonly name: string; readonly bin: string }
  | { readonly kind: 'results'; readonly name: string; readonly results: readonly Result[] };

const CONFIGURATION = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration' };

const fitting = (type: string, more: object = {}): object => ({
  ...CONFIGURATION,
  profiles: [{ pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type, ...more } } }] }],
});

/** Profiles that people compare, by name. */
export const PROFILES: Readonly<Record<string, { readonly what: string; readonly configuration: object }>> = {
  default: { what: "Kubernetes' default profile", configuration: CONFIGURATION },
  'least-allocated': { what: 'NodeResourcesFit spreads (LeastAllocated)', configuration: fitting('LeastAllocated') },
  'most-allocated': { what: 'NodeResourcesFit packs (MostAllocated), and nothing balances against it', configuration: packing() },
  'bin-packing': {
    what: 'RequestedToCapacityRatio from 0 at empty to 10 at full, and nothing balances against it',
    configuration: packing({
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 10 },
        ],
      },
    }),
  },
  'no-spread': {
    what: 'without PodTopologySpread and InterPodAffinity as scores',
    configuration: {
      ...CONFIGURATION,
      profiles: [{ plugins: { score: { disabled: [{ name: 'PodTopologySpread' }, { name: 'InterPodAffinity' }] } } }],
    },
  },
};

function packing(more?: object): object {
  const strategy =
    more === undefined
      ? { type: 'MostAllocated' }
      : {
          type: 'RequestedToCapacityRatio',
          resources: [
            { name: 'cpu', weight: 1 },
            { name: 'memory', weight: 1 },
          ],
          ...more,
        };
  const disabled = ['NodeResourcesBalancedAllocation', 'PodTopologySpread'].map((name) => ({ name }));
  return {
    ...CONFIGURATION,
    profiles: [{ plugins: { score: { disabled } }, pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: strategy } }] }],
  };
}

/** What `--set` makes the first scheduler this profile. */
export const profileSet = (name: string): string =>
  `cluster.schedulers[0].config=${JSON.stringify((PROFILES[name] as (typeof PROFILES)[string]).configuration)}`;

export function readSide(text: string): Side {
  const name = shortName(text);
  if (Object.hasOwn(PROFILES, text)) {
    return { kind: 'scheduler', name, what: (PROFILES[text] as (typeof PROFILES)[string]).what, set: profileSet(text) };
  }
  if (!existsSync(text)) throw missing(text);
  if (statSync(text).isDirectory()) return ofDirectory(text, name);
  if (/(^|[\\/])bin[\\/]wavetank\.js$/.test(text)) return { kind: 'build', name, bin: resolve(text) };
  if (/\.[cm]?[jt]s$/.test(text)) return { kind: 'plugin', name, file: text };
  if (text.endsWith('.json') && isResultFile(text)) return { kind: 'results', name, results: [readResult(text)] };
  const { value } = parseSource(decodeText(readBytes(text), text), text);
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (kind === 'KubeSchedulerConfiguration')
    return { kind: 'scheduler', name, what: `the scheduler configuration ${text}`, set: `cluster.schedulers[0].config=${resolve(text)}` };
  return { kind: 'scenario', name, file: text };
}

function isResultFile(file: string): boolean {
  return decodeText(readBytes(file, 1024 ** 3), file)
    .slice(0, 200)
    .includes('wavetank-result/');
}

function ofDirectory(path: string, name: string): Side {
  const bin = join(path, 'bin', 'wavetank.js');
  if (existsSync(bin)) return { kind: 'build', name, bin: resolve(bin) };
  const results = resultsUnder(path);
  if (results.length === 0)
    throw UserError.at(
      { file: path },
      'is a folder without results (result.json, or folders with one each) and no build (bin/wavetank.js)',
    );
  return { kind: 'results', name, results };
}

function missing(text: string): UserError {
  const near = nearest(text, Object.keys(PROFILES));
  const profiles = near === undefined ? `known profiles: ${Object.keys(PROFILES).join(', ')}` : `did you mean the profile '${near}'?`;
  return UserError.at({}, `'${printable(text)}' is no file, no folder and no profile; ${profiles}`);
}

/** 'scenarios/a/b.yaml' -> 'b'. */
function shortName(text: string): string {
  const last =
    text
      .replace(/[\\/]+$/, '')
      .split(/[\\/]/)
      .at(-1) ?? text;
  return printable(last.replace(/\.(ya?ml|json|[cm]?[jt]s)$/, ''), 40);
}
