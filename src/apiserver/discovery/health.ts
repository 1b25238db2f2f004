/** /livez, /readyz and /healthz: 'ok', or with ?verbose each check. Mirrors apiserver v1.34 pkg/server/healthz. */

export interface Health {
  /** Caches are filled. */
  readonly isReady: boolean;
  /** etcd answered lately. */
  readonly reachesEtcd: boolean;
}

export interface TextAnswer {
  readonly code: number;
  readonly text: string;
}

type Check = readonly [name: string, passes: (health: Health) => boolean];

const always = (): boolean => true;
const LIVE: readonly Check[] = [
  ['ping', always],
  ['log', always],
  ['etcd', ({ reachesEtcd }) => reachesEtcd],
  ['poststarthook/start-apiserver-admission-initializer', always],
  ['poststarthook/generic-apiserver-start-informers', always],
  ['poststarthook/priority-and-fairness-config-consumer', always],
  ['poststarthook/start-apiextensions-informers', always],
  ['poststarthook/start-apiextensions-controllers', always],
  ['poststarthook/crd-informer-synced', ({ isReady }) => isReady],
  ['poststarthook/rbac/bootstrap-roles', ({ isReady }) => isReady],
  ['poststarthook/start-system-namespaces-controller', ({ isReady }) => isReady],
];
const READY: readonly Check[] = [
  ...LIVE.slice(0, 3),
  ['etcd-readiness', ({ reachesEtcd }) => reachesEtcd],
  ['informer-sync', ({ isReady }) => isReady],
  ...LIVE.slice(3),
  ['shutdown', always],
];

const CHECKS: Readonly<Record<string, readonly Check[]>> = { livez: LIVE, readyz: READY, healthz: LIVE };

/** `path`: 'readyz', 'livez/ping'. `excluded`: names that ?exclude= leaves out. Undefined: no such check. */
export function healthAnswer(path: string, health: Health, isVerbose: boolean, excluded: readonly string[] = []): TextAnswer | undefined {
  const slash = path.indexOf('/');
  const endpoint = slash < 0 ? path : path.slice(0, slash);
  const checks = CHECKS[endpoint];
  if (checks === undefined) return undefined;
  if (slash >= 0) {
    const one = checks.find(([name]) => name === path.slice(slash + 1));
    if (one === undefined) return undefined;
    return one[1](health) ? { code: 200, text: 'ok' } : { code: 500, text: 'internal server error: unhealthy\n' };
  }
  const lines = checks.map(([name, passes]) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok\n`;
    return passes(health) ? `[+]${name} ok\n` : `[-]${name} failed: reason withheld\n`;
  });
  const isWell = !lines.some((line) => line.startsWith('[-]'));
  if (isWell && !isVerbose) return { code: 200, text: 'ok' };
  return { code: isWell ? 200 : 500, text: `${lines.join('')}${endpoint} check ${isWell ? 'passed' : 'failed'}\n` };
}
