/** componentstatuses: asked for and answered, never stored. The server asks its own machine for the scheduler and the controller manager, as upstream
 *  does; here they live on machines of their own, so it finds nobody there. Mirrors Kubernetes v1.34 pkg/registry/core/componentstatus. */

import { type ApiRequest, type KubeObject, methodNotAllowed, notFound, type StatusObject } from '#api';

interface Component {
  readonly name: string;
  readonly message?: string;
  readonly error?: string;
}

const PORTS = { 'controller-manager': 10257, scheduler: 10259 } as const;

function components(members: number): readonly Component[] {
  const local = (Object.keys(PORTS) as (keyof typeof PORTS)[]).map((name): Component => {
    const at = `127.0.0.1:${PORTS[name]}`;
    return { name, error: `Get "https://${at}/healthz": dial tcp ${at}: connect: connection refused` };
  });
  return [...local, ...Array.from({ length: members }, (_, i): Component => ({ name: `etcd-${i}`, message: 'ok' }))];
}

const shown = ({ name, message, error }: Component): KubeObject => {
  const isHealthy = error === undefined;
  const condition = { type: 'Healthy', status: isHealthy ? 'True' : 'False', ...(isHealthy ? { message } : { message: error }) };
  return { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions: [condition] } as KubeObject;
};

/** `members`: of etcd, which the server does reach when it answers at all. */
export function componentStatus({ verb, name }: ApiRequest, members: number): KubeObject | StatusObject {
  const all = components(members);
  if (verb === 'list')
    return { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items: all.map(shown) } as unknown as KubeObject;
  if (verb !== 'get') return methodNotAllowed('componentstatuses', verb);
  const one = all.find((component) => component.name === name);
  return one === undefined ? notFound('componentstatuses', name ?? '') : shown(one);
}
