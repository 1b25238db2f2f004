/** Defaults of pod specs, remembered per sub-object, so that all pods of one template share one defaulted spec.
 *  Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go (SetDefaults_PodSpec, _Container, _Probe, _Pod). */

import type { Container, PodSpec, Probe } from '#api';

const specs = new WeakMap<object, PodSpec>();
const podSpecs = new WeakMap<object, PodSpec>();
const containerLists = new WeakMap<object, Container[]>();

const NO_SECURITY = Object.freeze({});

/** parsers.ParseImageName's tag: what follows the last colon of the last path element; 'latest' when there is neither tag nor digest. */
export function imageTag(image: string): string {
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon >= 0) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

function defaultProbe(probe: Probe | undefined): Probe | undefined {
  if (probe === undefined) return undefined;
  const httpGet = probe.httpGet;
  const action =
    httpGet === undefined || (httpGet.path && httpGet.scheme)
      ? httpGet
      : { ...httpGet, path: httpGet.path || '/', scheme: httpGet.scheme || 'HTTP' };
  if (probe.timeoutSeconds && probe.periodSeconds && probe.successThreshold && probe.failureThreshold && action === httpGet) return probe;
  return {
    ...probe,
    ...(action === undefined ? {} : { httpGet: action }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

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
    defaultProbe(container.startupProbe) === container.startupProbe
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

/** What templates and pods share. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const known = specs.get(spec);
  if (known !== undefined) return known;
  const containers = Array.isArray(spec.containers) ? defaultContainers(spec.containers) : spec.containers;
  const initContainers = Array.isArray(spec.initContainers) ? defaultContainers(spec.initContainers) : spec.initContainers;
  const volumes = defaultVolumes(spec.volumes);
  const isDone =
    containers === spec.containers &&
    initContainers === spec.initContainers &&
    volumes === spec.volumes &&
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

type Volumes = PodSpec['volumes'];

function defaultVolumes(volumes: Volumes): Volumes {
  if (!Array.isArray(volumes) || volumes.every((volume) => defaultVolume(volume) === volume)) return volumes;
  return volumes.map(defaultVolume);
}

type Volume = NonNullable<Volumes>[number];
const FILE_MODE = 0o644;

function defaultVolume(volume: Volume): Volume {
  if (Object.keys(volume).length === 1 && volume.name !== undefined) return { ...volume, emptyDir: {} };
  if (volume.secret !== undefined && volume.secret.defaultMode === undefined)
    return { ...volume, secret: { ...volume.secret, defaultMode: FILE_MODE } };
  if (volume.configMap !== undefined && volume.configMap.defaultMode === undefined)
    return { ...volume, configMap: { ...volume.configMap, defaultMode: FILE_MODE } };
  if (volume.downwardAPI !== undefined && volume.downwardAPI.defaultMode === undefined)
    return { ...volume, downwardAPI: { ...volume.downwardAPI, defaultMode: FILE_MODE } };
  if (volume.projected !== undefined && volume.projected.defaultMode === undefined)
    return { ...volume, projected: { ...volume.projected, defaultMode: FILE_MODE } };
  if (volume.hostPath !== undefined && volume.hostPath.type === undefined) return { ...volume, hostPath: { ...volume.hostPath, type: '' } };
  return volume;
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
  const base = defaultPodSpec(spec);
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
