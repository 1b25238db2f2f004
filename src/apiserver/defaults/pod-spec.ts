/** Defaults of pod specs, remembered per sub-object, so that all pods of one template share one defaulted spec.
 *  Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go (SetDefaults_PodSpec, _Container, _Probe, _Pod). */

import type { Container, PodSpec, Probe } from '#api';
import { defaultPodLevelResources } from './pod-level-resources.ts';
import { defaultVolumes } from './volumes.ts';

const specs = new WeakMap<object, PodSpec>();
const podSpecs = new WeakMap<object, PodSpec>();
const containerLists = new WeakMap<object, Container[]>();

const NO_SECURITY = Object.freeze({});

const CAPITAL = /[A-Z]/;

/** Names of images are in small letters, but for the registry's. */
function isImageName(name: string): boolean {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isRegistry = slash > 0 && (/[.:A-Z]/.test(first) || first === 'localhost');
  return !CAPITAL.test(isRegistry ? name.slice(slash + 1) : name);
}

/** parsers.ParseImageName's tag: what follows the last colon of the last path element; 'latest' when there is neither tag nor digest. */
export function imageTag(image: string): string {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (CAPITAL.test(name) && !isImageName(colon < 0 ? name : name.slice(0, colon))) return '';
  if (colon >= 0) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

const RESOURCE_FIELD = { divisor: '0' };

/** SetDefaults_HTTPGetAction. */
function defaultHttpGet<T extends { httpGet?: Probe['httpGet'] } | undefined>(handler: T): T {
  const httpGet = handler?.httpGet;
  if (!httpGet || (httpGet.path && httpGet.scheme)) return handler;
  return { ...handler, httpGet: { ...httpGet, path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' } } as T;
}

/** The empty service of a gRPC probe is written out (a marker of the type). */
function defaultGrpc(probe: Probe): Probe {
  const { grpc } = probe;
  return grpc && (grpc.service ?? null) === null ? { ...probe, grpc: { ...grpc, service: '' } } : probe;
}

function defaultProbe(probe: Probe | undefined): Probe | undefined {
  if (!probe) return probe;
  const next = defaultGrpc(defaultHttpGet(probe));
  if (probe.timeoutSeconds && probe.periodSeconds && probe.successThreshold && probe.failureThreshold) return next;
  return {
    ...next,
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

function defaultLifecycle(lifecycle: Container['lifecycle']): Container['lifecycle'] {
  if (!lifecycle) return lifecycle;
  const postStart = defaultHttpGet(lifecycle.postStart);
  const preStop = defaultHttpGet(lifecycle.preStop);
  if (postStart === lifecycle.postStart && preStop === lifecycle.preStop) return lifecycle;
  return { ...lifecycle, ...(postStart ? { postStart } : {}), ...(preStop ? { preStop } : {}) };
}

type Variables = Container['env'];

function defaultVariables(variables: Variables): Variables {
  if (
    !variables?.some(
      ({ valueFrom }) => (valueFrom?.fieldRef && !valueFrom.fieldRef.apiVersion) || lacksDivisor(valueFrom?.resourceFieldRef),
    )
  )
    return variables;
  return variables.map((variable) => {
    const { fieldRef, resourceFieldRef } = variable.valueFrom ?? {};
    if (!fieldRef && !resourceFieldRef) return variable;
    return {
      ...variable,
      valueFrom: {
        ...variable.valueFrom,
        ...(fieldRef ? { fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion || 'v1' } } : {}),
        ...(resourceFieldRef ? { resourceFieldRef: { ...RESOURCE_FIELD, ...resourceFieldRef } } : {}),
      },
    };
  });
}

const lacksDivisor = (ref: { readonly divisor?: unknown } | undefined | null): boolean => !!ref && ref.divisor === undefined;

function defaultContainer(container: Container): Container {
  const next: Container = {
    ...container,
    resources: container.resources ?? {},
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    imagePullPolicy: container.imagePullPolicy || (imageTag(container.image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'),
  };
  if (container.livenessProbe !== undefined) next.livenessProbe = defaultProbe(container.livenessProbe);
  if (container.readinessProbe !== undefined) next.readinessProbe = defaultProbe(container.readinessProbe);
  if (container.startupProbe !== undefined) next.startupProbe = defaultProbe(container.startupProbe);
  if (container.lifecycle) next.lifecycle = defaultLifecycle(container.lifecycle);
  if (container.env) next.env = defaultVariables(container.env);
  if (container.ports?.some((port) => !port.protocol))
    next.ports = container.ports.map((port) => (port.protocol ? port : { ...port, protocol: 'TCP' }));
  return next;
}

function isDefaulted(container: Container): boolean {
  return (
    container.resources !== undefined &&
    !!container.terminationMessagePath &&
    !!container.terminationMessagePolicy &&
    !!container.imagePullPolicy &&
    !container.ports?.some((port) => !port.protocol) &&
    defaultProbe(container.livenessProbe) === container.livenessProbe &&
    defaultProbe(container.readinessProbe) === container.readinessProbe &&
    defaultProbe(container.startupProbe) === container.startupProbe &&
    defaultLifecycle(container.lifecycle) === container.lifecycle &&
    defaultVariables(container.env) === container.env
  );
}

function defaultContainers(containers: Container[]): Container[] {
  const known = containerLists.get(containers);
  if (known !== undefined) return known;
  const next = containers.every(isDefaulted)
    ? containers
    : containers.map((container) => (isDefaulted(container) ? container : defaultContainer(container)));
  containerLists.set(containers, next);
  containerLists.set(next, next);
  return next;
}

/** Restart policies of regular containers are behind a gate that is off (ContainerRestartRules): they are dropped. */
const withoutRestarts = (containers: Container[]): Container[] =>
  containers.some((container) => container?.restartPolicy !== undefined)
    ? containers.map(({ restartPolicy: _, ...rest }) => rest)
    : containers;

/** What templates and pods share. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const known = specs.get(spec);
  if (known !== undefined) return known;
  const containers = Array.isArray(spec.containers) ? defaultContainers(withoutRestarts(spec.containers)) : spec.containers;
  const initContainers = Array.isArray(spec.initContainers) ? defaultContainers(spec.initContainers) : spec.initContainers;
  const ephemeralContainers = Array.isArray(spec.ephemeralContainers)
    ? (defaultContainers(spec.ephemeralContainers as Container[]) as typeof spec.ephemeralContainers)
    : spec.ephemeralContainers;
  const volumes = defaultVolumes(spec.volumes);
  // The old name of serviceAccountName: what is written goes by the new one and is shown under both.
  const serviceAccountName = spec.serviceAccountName || spec.serviceAccount;
  const isDone =
    containers === spec.containers &&
    initContainers === spec.initContainers &&
    ephemeralContainers === spec.ephemeralContainers &&
    volumes === spec.volumes &&
    (serviceAccountName || undefined) === spec.serviceAccount &&
    serviceAccountName === spec.serviceAccountName &&
    !!spec.restartPolicy &&
    !!spec.dnsPolicy &&
    !!spec.schedulerName &&
    spec.securityContext !== undefined &&
    spec.terminationGracePeriodSeconds !== undefined;
  const next: PodSpec = isDone
    ? spec
    : {
        ...spec,
        ...(volumes === undefined ? {} : { volumes }),
        ...(initContainers === undefined ? {} : { initContainers }),
        ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }),
        ...(serviceAccountName ? { serviceAccountName, serviceAccount: serviceAccountName } : {}),
        containers,
        restartPolicy: spec.restartPolicy || 'Always',
        terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
        dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
        securityContext: spec.securityContext ?? NO_SECURITY,
        schedulerName: spec.schedulerName || 'default-scheduler',
      };
  specs.set(spec, next);
  specs.set(next, next);
  return next;
}

/** Requests that are not given follow limits: pods only, not templates. */
function requestsFromLimits(containers: Container[]): Container[] {
  const lacks = (container: Container): boolean => {
    const { limits, requests } = container.resources ?? {};
    if (limits === undefined) return false;
    for (const name in limits) if (requests?.[name] === undefined) return true;
    return false;
  };
  if (!containers.some(lacks)) return containers;
  return containers.map((container) =>
    lacks(container)
      ? {
          ...container,
          resources: { ...container.resources, requests: { ...container.resources?.limits, ...container.resources?.requests } },
        }
      : container,
  );
}

const podContainerLists = new WeakMap<object, Container[]>();

function podContainers(containers: Container[], hostNetwork: boolean): Container[] {
  let next = podContainerLists.get(containers);
  if (next === undefined) {
    next = requestsFromLimits(containers);
    podContainerLists.set(containers, next);
  }
  if (!hostNetwork || !next.some((container) => container.ports?.some((port) => !port.hostPort))) return next;
  return next.map((container) =>
    container.ports === undefined
      ? container
      : { ...container, ports: container.ports.map((port) => (port.hostPort ? port : { ...port, hostPort: port.containerPort })) },
  );
}

/** A pod's own defaults on top of a template's. */
export function defaultPodOwnSpec(spec: PodSpec): PodSpec {
  const known = podSpecs.get(spec);
  if (known !== undefined) return known;
  const base = defaultPodLevelResources(defaultPodSpec(spec));
  const hostNetwork = base.hostNetwork === true;
  const containers = Array.isArray(base.containers) ? podContainers(base.containers, hostNetwork) : base.containers;
  const initContainers = Array.isArray(base.initContainers) ? podContainers(base.initContainers, hostNetwork) : base.initContainers;
  const isDone = containers === base.containers && initContainers === base.initContainers && base.enableServiceLinks !== undefined;
  const next: PodSpec = isDone
    ? base
    : {
        ...base,
        ...(initContainers === undefined ? {} : { initContainers }),
        containers,
        enableServiceLinks: base.enableServiceLinks ?? true,
      };
  podSpecs.set(spec, next);
  podSpecs.set(next, next);
  return next;
}

/** Defaults inside a workload's template. */
export function defaultTemplate<T extends { spec?: PodSpec } | undefined>(template: T): T {
  if (template?.spec === undefined) return template;
  const spec = defaultPodSpec(template.spec);
  return spec === template.spec ? template : { ...template, spec };
}
