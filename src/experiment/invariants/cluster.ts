/** C6-C9, C11, C12: what holds between objects: owners, endpoints, addresses, budgets, leases, nodes. */

import type { EndpointSlice, Lease, Node, Pod, Service } from '#api';
import { parseTime } from '#api';
import { budgets } from './budgets.ts';
import { atEnd, type Finding, type History, type Invariant, isLive, isQuiet, isReady, of, type Settings } from './history.ts';
import { Silences } from './silences.ts';

/** C6: nothing outlives all of its owners. */
function* owners(history: History): Iterable<Finding> {
  if (!isQuiet(history)) return;
  const seen = new Set<string>();
  const there = new Set<string>();
  for (const { object } of history.changes) seen.add(object.metadata?.uid ?? '');
  for (const objects of history.last.values()) for (const { metadata } of objects.values()) there.add(metadata?.uid ?? '');
  for (const [resource, objects] of history.last) {
    for (const [key, { metadata }] of objects) {
      const references = metadata?.ownerReferences ?? [];
      if (
        references.length > 0 &&
        metadata?.deletionTimestamp === undefined &&
        references.every(({ uid }) => seen.has(uid) && !there.has(uid))
      )
        yield {
          at: history.until,
          message: `${resource}/${key} is still there, its owner ${references[0]?.kind} ${references[0]?.name} is gone`,
        };
    }
  }
}

/** C7: endpoints are the ready pods. */
function* endpoints(history: History): Iterable<Finding> {
  if (!isQuiet(history)) return;
  const slices = atEnd<EndpointSlice>(history, 'endpointslices.discovery.k8s.io');
  const pods = atEnd<Pod>(history, 'pods');
  for (const { metadata, spec } of atEnd<Service>(history, 'services')) {
    if (spec?.selector === undefined || spec.type === 'ExternalName' || spec.publishNotReadyAddresses === true) continue;
    const wanted = pods
      .filter((pod) => pod.metadata?.namespace === metadata?.namespace && isLive(pod) && isReady(pod) && (pod.status?.podIP ?? '') !== '')
      .filter((pod) => Object.entries(spec.selector ?? {}).every(([name, value]) => pod.metadata?.labels?.[name] === value))
      .map((pod) => pod.status?.podIP as string);
    const listed = slices
      .filter(
        (slice) =>
          slice.metadata?.namespace === metadata?.namespace && slice.metadata?.labels?.['kubernetes.io/service-name'] === metadata?.name,
      )
      .flatMap((slice) => slice.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses);
    const missing = wanted.filter((ip) => !listed.includes(ip));
    const extra = listed.filter((ip) => !wanted.includes(ip));
    if (missing.length > 0)
      yield { at: history.until, message: `Service ${metadata?.namespace}/${metadata?.name} lacks endpoint ${missing.join(', ')}` };
    if (extra.length > 0)
      yield {
        at: history.until,
        message: `Service ${metadata?.namespace}/${metadata?.name} has endpoint ${extra.join(', ')} of no ready pod`,
      };
  }
}

/** C8: addresses are given once. A node that was rebooted gives its pods' addresses anew and tells of one pod after the other: two pods of one node may be
 *  seen with one address for as long as the kubelet needs to write all of them, the time not counted in which nothing is heard of the node. A write whose
 *  answer is lost holds up the next until it is given up. */
function* addresses(history: History): Iterable<Finding> {
  const holders = new Map<string, string>();
  const held = new Map<string, string>();
  const nodeOf = new Map<string, string>();
  const late = new Map<string, Finding & { readonly node: string; readonly silence: number }>();
  const silences = new Silences();
  const hasLasted = ({ at, node, silence }: Finding & { node: string; silence: number }, now: number): boolean =>
    now - Math.max(at, givenUp(history.settings, at)) - (silences.of(node, now) - silence) > REWRITTEN;
  for (const { at, type, key, resource, object } of of(history, 'pods', 'nodes', 'services', 'leases.coordination.k8s.io')) {
    if (resource === 'leases.coordination.k8s.io') {
      if (key.startsWith(NODE_LEASES)) silences.heard(key.slice(NODE_LEASES.length), at);
      continue;
    }
    const subject = `${resource}/${key}`;
    const address = type === 'delete' ? undefined : addressOf(resource, object as Pod);
    const before = held.get(subject);
    if (before === address) continue;
    if (before !== undefined) {
      if (holders.get(before) === subject) holders.delete(before);
      const lasted = late.get(before);
      if (lasted !== undefined && hasLasted(lasted, at)) yield { at: lasted.at, message: lasted.message };
      late.delete(before);
    }
    held.delete(subject);
    if (address === undefined) continue;
    const node = (object as Pod).spec?.nodeName ?? subject;
    const other = holders.get(address);
    if (other !== undefined) {
      const finding = { at, message: `${subject} has ${address}, which is ${other}'s` };
      if (nodeOf.get(other) === node) late.set(address, { ...finding, node, silence: silences.of(node, at) });
      else yield finding;
    }
    holders.set(address, subject);
    held.set(subject, address);
    nodeOf.set(subject, node);
  }
  for (const finding of late.values()) if (hasLasted(finding, history.until)) yield { at: finding.at, message: finding.message };
}

const NODE_LEASES = 'kube-node-lease/';
const REWRITTEN = 30_000_000;
/** --request-timeout of an API server: the kubelet's status manager writes one status after the other (v1.34 pkg/kubelet/status/status_manager.go) and sets no
 *  limit of its own. */
const REQUEST_TIMEOUT = 60_000_000;

/** When the last write of then has been given up whose answer may have been lost. */
function givenUp({ lostAnswers = [] }: Settings, at: number): number {
  const lost = lostAnswers.filter(({ from, until }) => from <= at + REWRITTEN && at <= until + REQUEST_TIMEOUT);
  return Math.max(0, ...lost.map(({ until }) => until + REQUEST_TIMEOUT));
}

function addressOf(resource: string, object: Pod | Node | Service): string | undefined {
  if (resource === 'pods') {
    const pod = object as Pod;
    const ip = pod.status?.podIP ?? '';
    return ip === '' || !isLive(pod) || pod.spec?.hostNetwork === true ? undefined : `pod address ${ip}`;
  }
  if (resource === 'nodes') {
    const cidr = (object as Node).spec?.podCIDR ?? '';
    return cidr === '' ? undefined : `pod network ${cidr}`;
  }
  const ip = (object as Service).spec?.clusterIP ?? '';
  return ip === '' || ip === 'None' ? undefined : `cluster address ${ip}`;
}

/** C8, of pods that have lost their sandbox with a reboot of the node: the address went with it, and the first status says so, lest two pods seem to have it. */
function* addressesGone(history: History): Iterable<Finding> {
  const hasSandbox = ({ status }: Pod): boolean =>
    status?.conditions?.some(({ type, status: is }) => type === 'PodReadyToStartContainers' && is === 'False') !== true;
  for (const { at, type, key, object, before } of of(history, 'pods')) {
    const pod = object as Pod;
    if (type === 'delete' || before === undefined || !hasSandbox(before as Pod) || hasSandbox(pod)) continue;
    const address = addressOf('pods', pod);
    if (address !== undefined) yield { at, message: `pods/${key} has lost its sandbox and keeps ${address}` };
  }
}

function* everyAddress(history: History): Iterable<Finding> {
  yield* addresses(history);
  yield* addressesGone(history);
}

/** C11: a lease changes hands only once it has run out, or was given up. */
function* leaders(history: History): Iterable<Finding> {
  const renewed = new Map<string, number>();
  for (const { at, type, key, object, before } of of(history, 'leases.coordination.k8s.io')) {
    const [lease, was] = [(object as Lease).spec, (before as Lease | undefined)?.spec];
    if (type === 'delete' || !key.startsWith('kube-system/')) continue;
    const [holder, holderBefore] = [lease?.holderIdentity ?? '', was?.holderIdentity ?? ''];
    if (holderBefore !== '' && holder !== '' && holder !== holderBefore) {
      // Word of it may come late and bunched up: by what was written, it counts as well.
      const written = (parseTime(lease?.renewTime ?? '') ?? 0) - (parseTime(was?.renewTime ?? '') ?? 0);
      const waited = Math.max(at - (renewed.get(key) ?? 0), written);
      const due = (was?.leaseDurationSeconds ?? 0) * 1e6;
      // A candidate counts from when it saw the last renewal; both were seen here a little later than there.
      if (waited < due - 1_000_000)
        yield { at, message: `lease ${key} went from ${holderBefore} to ${holder} after ${(waited / 1e6).toFixed(1)} s of ${due / 1e6}` };
    }
    if ((lease?.leaseTransitions ?? 0) < (was?.leaseTransitions ?? 0))
      yield { at, message: `lease ${key} counts ${lease?.leaseTransitions} transitions after ${was?.leaseTransitions}` };
    if (lease?.renewTime !== was?.renewTime) renewed.set(key, at);
  }
}

const readiness = (node: Node): string | undefined => node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
const isTainted = ({ spec }: Node): boolean =>
  spec?.taints?.some(
    ({ key, effect }) => effect === 'NoExecute' && (key === 'node.kubernetes.io/unreachable' || key === 'node.kubernetes.io/not-ready'),
  ) === true;

/** The date at the beginning of the run: what the control plane's leases say they were written at, held against when they were seen. */
function epochOf(history: History): number {
  let epoch = 0;
  for (const { at, type, key, object } of of(history, 'leases.coordination.k8s.io')) {
    const written = type === 'delete' || !key.startsWith('kube-system/') ? undefined : parseTime((object as Lease).spec?.renewTime ?? '');
    if (written !== undefined) epoch = Math.max(epoch, written - at);
  }
  return epoch;
}

interface Writing {
  /** When the node set out to write it, as it says; a clock that is ahead says too late. */
  readonly given: number;
  /** When etcd had it at the latest: a slow disk or the want of a leader may hold it up for long, and nobody can know of it before. */
  readonly latest: number;
}

/** When a node's lease was written, for word of it may come late: before whatever lease of the control plane has a later version. */
function writings(history: History, epoch: number): (lease: Lease, seen: number) => Writing {
  const leases: { readonly version: number; readonly written: number }[] = [];
  for (const { type, key, object } of of(history, 'leases.coordination.k8s.io')) {
    const written = type === 'delete' || !key.startsWith('kube-system/') ? undefined : parseTime((object as Lease).spec?.renewTime ?? '');
    if (written !== undefined) leases.push({ version: Number(object.metadata?.resourceVersion), written: written - epoch });
  }
  leases.sort((a, b) => a.version - b.version);
  return ({ metadata, spec }, seen) => {
    const said = (parseTime(spec?.renewTime ?? '') ?? Number.POSITIVE_INFINITY) - epoch;
    const later = leases.find(({ version }) => version > Number(metadata?.resourceVersion))?.written ?? Number.POSITIVE_INFINITY;
    const known = Math.min(seen, later + ON_THE_WAY);
    const given = Math.max(0, Math.min(said, known));
    // Where nothing of the control plane came after it, what it says is all that there is.
    return { given, latest: later === Number.POSITIVE_INFINITY ? given : known };
  };
}

/** A lease of the control plane says when its holder set out to write it. */
const ON_THE_WAY = 500_000;

/** C12: a node is given up only after its grace period, and nobody is evicted while all nodes are silent. */
function* nodes(history: History): Iterable<Finding> {
  const epoch = epochOf(history);
  const writtenAt = writings(history, epoch);
  const signs = new Map<string, (Writing & { readonly seen: number })[]>();
  const states = new Map<string, string | undefined>();
  let allDownSince: number | undefined;
  const grace = history.settings.nodeMonitorGraceSeconds;
  for (const { at, type, key, resource, object, before } of of(history, 'nodes', 'leases.coordination.k8s.io')) {
    if (resource !== 'nodes') {
      if (key.startsWith(NODE_LEASES)) {
        const name = key.slice(NODE_LEASES.length);
        const all = signs.get(name) ?? [];
        all.push({ ...writtenAt(object as Lease, at), seen: at });
        signs.set(name, all);
      }
      continue;
    }
    const [node, was] = [object as Node, before as Node | undefined];
    if (type === 'delete') {
      states.delete(key);
      continue;
    }
    const state = readiness(node);
    if (state === 'Unknown' && was !== undefined && readiness(was) === 'True' && grace !== undefined) {
      const decided = Math.min(at, decidedAt(node, epoch));
      // A manager that has just woken gives up by what it knew when it fell asleep.
      const slept = history.settings.managerSleeps?.find(({ until }) => Math.abs(decided - until) < WAKING);
      const heard = (signs.get(key) ?? []).filter(({ seen }) => slept === undefined || seen < slept.from - WAKING);
      const silent = silence(heard, decided);
      if (silent < grace * 1e6 - 1_000_000)
        yield { at, message: `node ${key} was given up after ${(silent / 1e6).toFixed(1)} s of silence, ${grace} s are its grace` };
    }
    states.set(key, state);
    const isDown = [...states.values()].every((one) => one === 'Unknown');
    if (!isDown) allDownSince = undefined;
    else allDownSince ??= at;
    if (isTainted(node) && !(was !== undefined && isTainted(was)) && allDownSince !== undefined && at - allDownSince > 10_000_000)
      yield { at, message: `node ${key} was tainted NoExecute while all nodes were silent` };
  }
}

/** A period of the monitor. */
const WAKING = 5_000_000;

/** When the life-cycle controller gave a node up, as it says, to the second; word of it may come much later. */
function decidedAt({ status }: Node, epoch: number): number {
  const said = parseTime(status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '');
  return said === undefined ? Number.POSITIVE_INFINITY : said - epoch + 1_000_000;
}

/** From the last sign of life that a verdict could know; one that etcd may have had within five seconds of it, and a run of them that begins within as many,
 *  came too late for it. */
function silence(signs: readonly Writing[], verdict: number): number {
  const known = signs.flatMap(({ given, latest }) => (latest <= verdict - 5_000_000 || given > verdict - 5_000_000 ? [given] : []));
  known.sort((a, b) => a - b);
  while (known.length > 0 && (known.at(-1) as number) > verdict) known.pop();
  let last = known.length - 1;
  if (last >= 0 && verdict - (known[last] as number) < 5_000_000) {
    while (last > 0 && (known[last] as number) - (known[last - 1] as number) <= 5_000_000) last--;
    last--;
  }
  return verdict - (known[last] ?? 0);
}

export const CLUSTER_INVARIANTS: readonly Invariant[] = [
  { id: 'C6', says: 'nothing outlives all of its owners', check: owners },
  { id: 'C7', says: "a Service's endpoints are its ready pods", check: endpoints },
  { id: 'C8', says: 'addresses of pods, networks of nodes and cluster addresses are given once', check: everyAddress },
  { id: 'C9', says: 'an eviction leaves a budget what it asks for, and none allows more than it has', check: budgets },
  { id: 'C11', says: 'a lease changes hands only when it has run out', check: leaders },
  { id: 'C12', says: 'a node is given up only after its grace period, and nobody is evicted while all nodes are silent', check: nodes },
];
