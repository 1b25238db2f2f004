/** Lists a Service's pods in its one Endpoints object, ready ones apart from others: deprecated since v1.33 in favour of EndpointSlices, still written.
 *  Mirrors kubernetes v1.34 pkg/controller/endpoint/endpoints_controller.go. */

import type { Endpoints, Pod, Service } from '#api';
import type { Controller, Plan, View, WatchSpec } from '#client';
import { endpointPorts, portsText } from './endpoint.ts';
import { BY_LABEL_SET, byLabelSet, podsMatching } from './label-sets.ts';
import { isPodReady, isPodTerminal } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';
import { ServiceMemberships, selectorOf } from './service-memberships.ts';
import { TriggerTimes, withTriggerTime } from './trigger-times.ts';

/** maxCapacity. */
const MOST_ADDRESSES = 1000;
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const HEADLESS = 'service.kubernetes.io/headless';
const NONE: readonly never[] = [];

interface Address {
  readonly ip: string;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly targetRef: { readonly kind: 'Pod'; readonly namespace?: string; readonly name?: string; readonly uid?: string };
}
interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  readonly ports?: readonly object[];
}

const hasSelector = ({ spec }: Service): boolean => spec?.selector !== undefined && spec.type !== 'ExternalName';

export class EndpointsController implements Controller {
  readonly name = 'endpoints';
  readonly queue = 'endpoint';
  readonly component = 'endpoint-controller';
  readonly workers: number;
  /** maxRetries. */
  readonly retries = { attempts: 15 };
  readonly watches: readonly WatchSpec[];
  readonly #memberships = new ServiceMemberships(hasSelector, looksSame);
  readonly #triggers = new TriggerTimes();

  /** --concurrent-endpoint-syncs. */
  constructor(workers = 5) {
    this.workers = workers;
    this.watches = [
      {
        resource: 'services',
        keys: (event) => {
          this.#memberships.forget();
          return [event.key];
        },
      },
      { resource: 'pods', keys: (event, view) => this.#memberships.keysOf(event, view), indexes: { [BY_LABEL_SET]: byLabelSet } },
      // Those that are nobody's after a restart are deleted (checkLeftoverEndpoints); a deleted one is made again.
      { resource: 'endpoints', keys: (event) => (event.type === 'update' ? NONE : [event.key]) },
    ];
  }

  reconcile(key: string, view: View): Plan {
    const service = view.lister<Service>('services').get(key);
    const present = view.lister<Endpoints>('endpoints').get(key);
    const slash = key.indexOf('/');
    const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
    if (service === undefined) this.#triggers.forget(key);
    if (service === undefined)
      return present === undefined ? {} : { requests: [{ verb: 'delete', resource: 'endpoints', namespace, name, discardBody: true }] };
    if (!hasSelector(service)) return {};
    const pods = [...podsMatching(view.lister<Pod>('pods'), namespace, selectorOf(service))];
    const since = this.#triggers.of(key, service, pods);
    const { subsets, isTruncated } = truncated(subsetsOf(service, pods));
    const labels = { ...service.metadata?.labels, ...(service.spec?.clusterIP === 'None' ? { [HEADLESS]: '' } : {}) };
    const isMarked = present?.metadata?.annotations?.[OVER_CAPACITY] !== undefined;
    const isSame =
      present !== undefined &&
      semanticEqual(present.subsets ?? NONE, subsets) &&
      semanticEqual(present.metadata?.labels ?? {}, labels) &&
      isMarked === isTruncated;
    if (isSame) return {};
    const { [OVER_CAPACITY]: _mark, ...others } = present?.metadata?.annotations ?? {};
    const annotations = withTriggerTime(isTruncated ? { ...others, [OVER_CAPACITY]: 'truncated' } : others, since);
    const metadata = { ...(present?.metadata ?? { name, namespace }), labels, annotations };
    const body = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets };
    const spec = { resource: 'endpoints', namespace, body, discardBody: true } as const;
    return { requests: [present === undefined ? { verb: 'create', ...spec } : { verb: 'update', name, ...spec }] };
  }
}

/** Nothing changed that Endpoints show. */
const looksSame = (a: Pod, b: Pod): boolean =>
  a.status?.podIP === b.status?.podIP &&
  isPodReady(a) === isPodReady(b) &&
  isPodTerminal(a) === isPodTerminal(b) &&
  a.metadata?.deletionTimestamp === b.metadata?.deletionTimestamp &&
  a.spec?.nodeName === b.spec?.nodeName;

/** RepackSubsets: pods that offer the same ports share a subset. */
function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const byPorts = new Map<string, Subset>();
  const publishes = service.spec?.publishNotReadyAddresses === true;
  const isHeadless = service.spec?.clusterIP === 'None';
  for (const pod of pods) {
    const address = addressOf(pod, service, publishes);
    if (address === undefined) continue;
    const ports = endpointPorts(service, pod).map(({ name, ...port }) => (name === '' ? port : { name, ...port }));
    if (ports.length === 0 && !(isHeadless && (service.spec?.ports ?? NONE).length === 0)) continue;
    const text = portsText(ports);
    let subset = byPorts.get(text);
    if (subset === undefined) byPorts.set(text, (subset = ports.length === 0 ? {} : { ports }));
    if (publishes || isPodReady(pod)) (subset.addresses ??= []).push(address);
    else (subset.notReadyAddresses ??= []).push(address);
  }
  const byIp = (a: Address, b: Address): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);
  for (const subset of byPorts.values()) {
    subset.addresses?.sort(byIp);
    subset.notReadyAddresses?.sort(byIp);
  }
  return [...byPorts.keys()].sort().map((text) => byPorts.get(text) as Subset);
}

/** ShouldPodBeInEndpoints: neither over nor, unless the Service says so, on its way out. */
function addressOf(pod: Pod, service: Service, publishes: boolean): Address | undefined {
  const { namespace, name, uid, deletionTimestamp } = pod.metadata ?? {};
  const ip = pod.status?.podIP ?? '';
  if (ip === '' || isPodTerminal(pod) || (deletionTimestamp !== undefined && !publishes)) return undefined;
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const isNamed = hostname !== undefined && hostname !== '' && subdomain === service.metadata?.name;
  return {
    ip,
    ...(isNamed ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** truncateEndpoints: no more than a thousand, ready ones first, taken from the subsets in proportion. */
function truncated(subsets: Subset[]): { readonly subsets: Subset[]; readonly isTruncated: boolean } {
  const sum = (which: 'addresses' | 'notReadyAddresses'): number =>
    subsets.reduce((total, subset) => total + (subset[which]?.length ?? 0), 0);
  const [ready, notReady] = [sum('addresses'), sum('notReadyAddresses')];
  if (ready + notReady <= MOST_ADDRESSES) return { subsets, isTruncated: false };
  const cutsReady = ready > MOST_ADDRESSES;
  const which = cutsReady ? 'addresses' : 'notReadyAddresses';
  const [all, room] = cutsReady ? [ready, MOST_ADDRESSES] : [notReady, MOST_ADDRESSES - ready];
  let left = room;
  for (const subset of subsets) {
    const own = subset[which] ?? [];
    const share = Math.min(left, Math.ceil((own.length / all) * room));
    left -= share;
    if (own.length > 0) subset[which] = own.slice(0, share);
    if (cutsReady) delete subset.notReadyAddresses;
  }
  return { subsets, isTruncated: true };
}
