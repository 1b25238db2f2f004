/** From a verdict code back to the plugin's own status, when someone asks. */

import type { Pod } from '#api';
import type { NodeInfo } from '../node-info.ts';
import { findShortages, type Room } from '../plugins/node-resources-fit.ts';
import { type PodUsage, podUsage } from '../pod-resources.ts';
import type { Status } from '../status.ts';
import { FIT, PORTS } from './local-fit.ts';
import { AFFINITY, AFFINITY_ENFORCED, NODE_NAME, TAINT, UNSCHEDULABLE } from './static-fit.ts';

export const SPREAD_KEY = 8;
export const SPREAD_SKEWED = 9;
/** Plus the verdict of affinity-fit.ts: 11 to 13. */
export const INTER_POD = 10;
/** A plugin was called: its status is kept as it is. */
export const CALLED = 14;
/** Codes are below. */
export const CODES = 16;

const U = 'Unschedulable';
const UU = 'UnschedulableAndUnresolvable';
const fixed = (plugin: string, code: typeof U | typeof UU, reason: string): Status => ({ plugin, code, reasons: [reason] });

/** The reasons stand beside the rules in ../plugins; test/scheduler holds the two together. */
const BY_CODE: Readonly<Record<number, Status>> = {
  [UNSCHEDULABLE]: fixed('NodeUnschedulable', UU, 'node(s) were unschedulable'),
  [NODE_NAME]: fixed('NodeName', UU, "node(s) didn't match the requested node name"),
  [TAINT]: fixed('TaintToleration', UU, 'node(s) had untolerated taint(s)'),
  [AFFINITY_ENFORCED]: fixed('NodeAffinity', UU, "node(s) didn't match scheduler-enforced node affinity"),
  [AFFINITY]: fixed('NodeAffinity', UU, "node(s) didn't match Pod's node affinity/selector"),
  [PORTS]: fixed('NodePorts', U, "node(s) didn't have free ports for the requested pod ports"),
  [SPREAD_KEY]: fixed('PodTopologySpread', UU, "node(s) didn't match pod topology spread constraints (missing required label)"),
  [SPREAD_SKEWED]: fixed('PodTopologySpread', U, "node(s) didn't match pod topology spread constraints"),
  [INTER_POD + 1]: fixed('InterPodAffinity', UU, "node(s) didn't match pod affinity rules"),
  [INTER_POD + 2]: fixed('InterPodAffinity', U, "node(s) didn't match pod anti-affinity rules"),
  [INTER_POD + 3]: fixed('InterPodAffinity', U, "node(s) didn't satisfy existing pods anti-affinity rules"),
};

/** Whose verdict a code is; '' for none of the plugins that columns stand in for. */
export const pluginOfCode = (code: number): string => (code === FIT ? 'NodeResourcesFit' : (BY_CODE[code]?.plugin ?? ''));

// Few combinations of shortages exist: their statuses are shared.
const shortages = new Map<string, Status>();

export function statusOfCode(code: number, pod: Pod, node: NodeInfo, isIgnored: (resource: string) => boolean): Status | undefined {
  return code === FIT ? statusOfShortage(podUsage(pod), node, isIgnored) : BY_CODE[code];
}

/** NodeResourcesFit's own. */
export function statusOfShortage(usage: PodUsage, room: Room, isIgnored: (resource: string) => boolean): Status {
  const short = findShortages(usage, room, isIgnored);
  const isHopeless = short.some((s) => s.isHopeless);
  const reasons = short.map((s) => s.reason);
  const key = `${isHopeless}|${reasons.join('|')}`;
  let status = shortages.get(key);
  if (status === undefined) {
    status = { plugin: 'NodeResourcesFit', code: isHopeless ? UU : U, reasons };
    shortages.set(key, status);
  }
  return status;
}
