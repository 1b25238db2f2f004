/** Lists a Service's ready pods in EndpointSlices of at most 100. Mirrors kubernetes v1.34 pkg/controller/endpointslice and
 *  staging/src/k8s.io/endpointslice/reconciler.go. Left out: topology hints, dual stack, the trigger-time annotation. */

import type { EndpointSlice, KubeObject, Node, Pod, Service } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { SECOND } from '#sim';
import type { Endpoint } from './endpoint.ts';
import { endpointOf, endpointPorts, isSameEndpoint, portsText } from './endpoint.ts';
import { BY_LABEL_SET, byLabelSet, podsMatching } from './label-sets.ts';
import { controllerReference, siblingKey } from './owner-references.ts';
import { semanticEqual } from './semantic-equal.ts';
import { ServiceMemberships, selectorOf } from './service-memberships.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const OURSELVES = 'endpointslice-controller.k8s.io';
const BY_SERVICE = 'service';
/** --max-endpoints-per-slice. */
const SLICE_MAX = 100;
const NONE: readonly never[] = [];

type Ports = EndpointSlice['ports'];

const hasSelector = ({ spec }: Service): boolean =>
  spec?.selector !== undefined && Object.keys(spec.selector).length > 0 && spec.type !== 'ExternalName';

export class EndpointSliceController implements Controller {
  readonly name = 'endpointslice';
  readonly queue = 'endpoint_slice';
  readonly component = 'endpoint-slice-controller';
  readonly workers: number;
  /** defaultSyncBackOff, maxRetries. */
  readonly retries = { base: SECOND, attempts: 15 };
  readonly watches: readonly WatchSpec[];
  readonly #memberships = new ServiceMemberships(hasSelector, (previous, pod) =>
    isSameEndpoint(endpointOf(previous, undefined, false), endpointOf(pod, undefined, false)),
  );

  /** --concurrent-service-endpoint-syncs. */
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
      { resource: SLICES, dependents: true, keys: sliceKeys, indexes: { [BY_SERVICE]: byService } },
      { resource: 'nodes', keys: () => NONE },
    ];
  }

  reconcile(key: string, view: View, _stage: Stage | undefined): Plan {
    const service = view.lister<Service>('services').get(key);
    const existing = [...view.lister<EndpointSlice>(SLICES).byIndex(BY_SERVICE, key)].filter(
      ({ metadata }) => metadata?.deletionTimestamp === undefined && metadata?.labels?.[MANAGED_BY] === OURSELVES,
    );
    // Slices of a Service that is gone are the garbage collector's.
    if (service === undefined || !hasSelector(service) || !view.satisfied) return {};
    const wanted = wantedByPorts(service, view);
    const requests: RequestSpec[] = [];
    let creations = 0;
    for (const slice of existing) if (!wanted.has(portsText(slice.ports))) requests.push(deletion(slice));
    for (const [text, { ports, endpoints }] of wanted) {
      const slices = existing.filter((slice) => portsText(slice.ports) === text);
      creations += reconcilePorts(service, ports, endpoints, slices, requests);
    }
    return { requests, expect: creations > 0 ? { creations } : undefined };
  }
}

function byService(slice: KubeObject): readonly string[] {
  const name = slice.metadata?.labels?.[SERVICE_NAME];
  return name === undefined ? NONE : [siblingKey(slice.metadata, name)];
}

/** A slice that changed under our hands, was deleted, or has come as expected. */
function sliceKeys(event: InformerEvent): readonly string[] {
  return event.object.metadata?.labels?.[MANAGED_BY] === OURSELVES ? byService(event.object) : NONE;
}

/** Pods may resolve a named port differently, and each combination has slices of its own. A Service without any pod has one empty slice. */
function wantedByPorts(service: Service, view: View): Map<string, { ports: Ports; endpoints: Map<string, Endpoint> }> {
  const wanted = new Map<string, { ports: Ports; endpoints: Map<string, Endpoint> }>();
  const nodes = view.lister<Node>('nodes');
  const publishes = service.spec?.publishNotReadyAddresses === true;
  for (const pod of podsMatching(view.lister<Pod>('pods'), service.metadata?.namespace ?? '', selectorOf(service))) {
    const endpoint = endpointOf(pod, nodes.get(pod.spec?.nodeName ?? ''), publishes);
    if (endpoint === undefined) continue;
    const ports = endpointPorts(service, pod);
    const text = portsText(ports);
    let group = wanted.get(text);
    if (group === undefined) wanted.set(text, (group = { ports, endpoints: new Map() }));
    group.endpoints.set(endpoint.addresses[0] as string, endpoint);
  }
  if (wanted.size === 0) wanted.set(portsText([]), { ports: [], endpoints: new Map() });
  return wanted;
}

/** reconcileByPortMapping: slices keep what they have; changes gather in as few of them as possible. Returns how many slices it makes. */
function reconcilePorts(
  service: Service,
  ports: Ports,
  endpoints: Map<string, Endpoint>,
  slices: readonly EndpointSlice[],
  requests: RequestSpec[],
): number {
  const left = new Map(endpoints);
  const changed = new Map<EndpointSlice, Endpoint[]>();
  const unchanged: EndpointSlice[] = [];
  const emptied: EndpointSlice[] = [];
  const labels = labelsOf(service);
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    let isChanged = !semanticEqual(slice.metadata?.labels, labels);
    for (const endpoint of (slice.endpoints ?? []) as readonly Endpoint[]) {
      const address = endpoint.addresses[0] as string;
      const now = left.get(address);
      left.delete(address);
      if (now === undefined) isChanged = true;
      else {
        kept.push(now);
        isChanged ||= !isSameEndpoint(endpoint, now);
      }
    }
    if (!isChanged) unchanged.push(slice);
    else if (kept.length === 0 && (slice.endpoints ?? []).length > 0) emptied.push(slice);
    else changed.set(slice, kept);
  }
  // What was emptied is filled again before anything is made.
  const rest = [...left.values()];
  for (const [slice, kept] of changed) {
    while (kept.length < SLICE_MAX && rest.length > 0) kept.push(rest.pop() as Endpoint);
    requests.push(update(slice, kept, labels));
  }
  for (const slice of emptied) {
    const isLast = changed.size === 0 && unchanged.length === 0 && slice === emptied[0];
    if (rest.length === 0 && !isLast) requests.push(deletion(slice));
    else requests.push(update(slice, rest.splice(0, SLICE_MAX), labels));
  }
  if (rest.length > 0 && rest.length < SLICE_MAX) {
    const roomy = unchanged
      .filter(({ endpoints: own }) => (own ?? []).length + rest.length <= SLICE_MAX)
      .sort((a, b) => (b.endpoints ?? []).length - (a.endpoints ?? []).length)[0];
    if (roomy !== undefined) requests.push(update(roomy, [...((roomy.endpoints ?? []) as Endpoint[]), ...rest.splice(0)], labels));
  }
  let creations = 0;
  while (rest.length > 0 || (slices.length === 0 && creations === 0)) {
    requests.push(creation(service, ports, rest.splice(0, SLICE_MAX)));
    creations++;
  }
  return creations;
}

type Labels = Readonly<Record<string, string>>;

function update(slice: EndpointSlice, endpoints: readonly Endpoint[], labels: Labels): RequestSpec {
  const { namespace, name } = slice.metadata ?? {};
  const body = { ...slice, metadata: { ...slice.metadata, labels }, endpoints };
  return { verb: 'update', resource: SLICES, namespace, name, body, discardBody: true };
}

/** setEndpointSliceLabels: the Service's own, and what tells whose the slice is. */
function labelsOf({ metadata, spec }: Service): Labels {
  const labels = { ...metadata?.labels, [SERVICE_NAME]: metadata?.name ?? '', [MANAGED_BY]: OURSELVES };
  return spec?.clusterIP === 'None' ? { ...labels, 'service.kubernetes.io/headless': '' } : labels;
}

function creation(service: Service, ports: Ports, endpoints: readonly Endpoint[]): RequestSpec {
  const { name = '', namespace } = service.metadata ?? {};
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference('v1', 'Service', service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
  return { verb: 'create', resource: SLICES, namespace, body, discardBody: true };
}

function deletion({ metadata }: EndpointSlice): RequestSpec {
  return { verb: 'delete', resource: SLICES, namespace: metadata?.namespace, name: metadata?.name, discardBody: true };
}
