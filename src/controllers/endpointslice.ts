/** Lists a Service's ready pods in EndpointSlices of at most 100. Mirrors kubernetes v1.34 pkg/controller/endpointslice and
 *  staging/src/k8s.io/endpointslice/reconciler.go. Left out: hints of the older annotation topology-mode (topologycache), dual stack. */

import type { EndpointSlice, KubeObject, Node, Pod, Service } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { SECOND } from '#sim';
import type { Endpoint } from './endpoint.ts';
import { endpointOf, endpointPorts, isSameEndpoint, portsText } from './endpoint.ts';
import { reconcileHints } from './endpointslice-hints.ts';
import { type Draft, reuse, type SliceChanges, type SliceLabels, type SlicePorts, spread } from './endpointslice-ports.ts';
import { BY_LABEL_SET, byLabelSet, podsMatching } from './label-sets.ts';
import { controllerReference, siblingKey } from './owner-references.ts';
import { isPodTerminal } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';
import { ServiceMemberships, selectorOf } from './service-memberships.ts';
import { TriggerTimes, withTriggerTime } from './trigger-times.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const OURSELVES = 'endpointslice-controller.k8s.io';
const BY_SERVICE = 'service';
const NONE: readonly never[] = [];

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
  readonly #triggers = new TriggerTimes();

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
    // Slices of a Service that is gone are the garbage collector's.
    if (service === undefined) this.#triggers.forget(key);
    if (service === undefined || !hasSelector(service) || !view.satisfied) return {};
    const existing = [...view.lister<EndpointSlice>(SLICES).byIndex(BY_SERVICE, key)].filter(
      ({ metadata }) => metadata?.deletionTimestamp === undefined && metadata?.labels?.[MANAGED_BY] === OURSELVES,
    );
    const pods = [...podsMatching(view.lister<Pod>('pods'), service.metadata?.namespace ?? '', selectorOf(service))];
    const since = this.#triggers.of(key, service, pods);
    const { wanted, failed } = wantedByPorts(service, pods, view);
    const changes = changesOf(service, existing, wanted);
    const { creations, updates, deletions } = changes;
    // A Service on its way out gets no new slices: the garbage collector is taking them.
    const made = service.metadata?.deletionTimestamp === undefined ? creations : NONE;
    const requests = [
      ...made.map((draft) => creation(service, draft, since)),
      ...updates.map((draft) => update(service, draft, since)),
      ...deletions.map(deletion),
    ];
    return { requests, expect: made.length > 0 ? { creations: made.length } : undefined, failed };
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

/** Pods may resolve a named port differently, and each combination has slices of its own. */
interface Wanted {
  readonly ports: SlicePorts;
  readonly endpoints: Map<string, Endpoint>;
}

/** A pod whose node is not known (yet) is left out, and the Service tried again; unless it publishes whatever there is. */
function wantedByPorts(
  service: Service,
  pods: readonly Pod[],
  view: View,
): { readonly wanted: ReadonlyMap<string, Wanted>; readonly failed: string | undefined } {
  const wanted = new Map<string, Wanted>();
  const nodes = view.lister<Node>('nodes');
  const publishes = service.spec?.publishNotReadyAddresses === true;
  let failed: string | undefined;
  for (const pod of pods) {
    if (isPodTerminal(pod) || (pod.status?.podIP ?? '') === '') continue;
    const ports = endpointPorts(service, pod);
    const text = portsText(ports);
    let group = wanted.get(text);
    if (group === undefined) wanted.set(text, (group = { ports, endpoints: new Map() }));
    const name = pod.spec?.nodeName ?? '';
    const node = nodes.get(name);
    if (node === undefined && !publishes) {
      const { namespace, name: of } = service.metadata ?? {};
      failed ??= `skipping Pod ${pod.metadata?.name} for Service ${namespace}/${of}: Node ${name} Not Found`;
      continue;
    }
    const endpoint = endpointOf(pod, node, publishes);
    if (endpoint !== undefined) group.endpoints.set(endpoint.addresses[0] as string, endpoint);
  }
  return { wanted, failed };
}

/** reconcileByAddressType, of IPv4 alone. */
function changesOf(service: Service, existing: readonly EndpointSlice[], wanted: ReadonlyMap<string, Wanted>): SliceChanges {
  const changes: SliceChanges = { creations: [], updates: [], deletions: [], unchanged: [] };
  const isOwn = ({ metadata }: EndpointSlice): boolean =>
    metadata?.ownerReferences?.some(({ kind, uid }) => kind === 'Service' && uid === service.metadata?.uid) === true;
  const labels = labelsOf(service);
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const text = portsText(slice.ports);
    const group = byPorts.get(text);
    if (!isOwn(slice)) changes.deletions.push(slice);
    else if (group === undefined) byPorts.set(text, [slice]);
    else group.push(slice);
  }
  for (const [text, { ports, endpoints }] of wanted) spread(byPorts.get(text) ?? NONE, ports, endpoints, labels, changes);
  for (const [text, slices] of byPorts) if (!wanted.has(text)) changes.deletions.push(...slices);
  // There is always one slice, be it an empty one.
  if (existing.length === changes.deletions.length && changes.creations.length === 0) {
    const [only] = changes.deletions;
    if (changes.deletions.length === 1 && isPlaceholder(only as EndpointSlice, labels)) changes.deletions.pop();
    else changes.creations.push({ present: undefined, ports: [], endpoints: [] });
  }
  reconcileHints(service, changes);
  reuse(changes, isOwn);
  return changes;
}

const isPlaceholder = ({ metadata, endpoints, ports }: EndpointSlice, labels: SliceLabels): boolean =>
  (endpoints ?? []).length === 0 && (ports ?? []).length === 0 && semanticEqual(metadata?.labels, labels);

/** setEndpointSliceLabels: the Service's own, and what tells whose the slice is. */
function labelsOf({ metadata, spec }: Service): SliceLabels {
  const labels = { ...metadata?.labels, [SERVICE_NAME]: metadata?.name ?? '', [MANAGED_BY]: OURSELVES };
  return spec?.clusterIP === 'None' ? { ...labels, 'service.kubernetes.io/headless': '' } : labels;
}

function update(service: Service, { present, ports, endpoints }: Draft, since: string | undefined): RequestSpec {
  const { namespace, name, annotations, ...rest } = present?.metadata ?? {};
  const marked = withTriggerTime(annotations, since);
  const metadata = { ...rest, namespace, name, ...(marked === undefined ? {} : { annotations: marked }), labels: labelsOf(service) };
  const body = { ...present, metadata, endpoints, ports };
  return { verb: 'update', resource: SLICES, namespace, name, body, discardBody: true };
}

function creation(service: Service, { ports, endpoints }: Draft, since: string | undefined): RequestSpec {
  const { name = '', namespace } = service.metadata ?? {};
  const annotations = withTriggerTime(undefined, since);
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsOf(service),
      ...(annotations === undefined ? {} : { annotations }),
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
