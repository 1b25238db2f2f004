/** A small database operator: a Database asks for so many members; they start one after another, the first is the primary, a primary that fails is replaced
 *  by a member that is ready, and a backup is taken every so often. docs/write-a-controller.md walks through it by the numbers in the comments. */

import type { Job, KubeObject, OwnController, Pod, RequestSpec, View } from 'wavetank/controller';

const SECOND = 1_000_000;
const DATABASES = 'databases.db.example.com';

/** (1) The custom resource. Its definition below is created when the run begins. */
interface Database extends KubeObject {
  readonly spec: { readonly members: number; readonly image: string; readonly backupEverySeconds?: number };
  readonly status?: {
    readonly primary?: string;
    readonly ready?: number;
    /** How many members have come up in order so far: one of these that is lost is replaced without waiting for the others. */
    readonly started?: number;
    readonly failovers?: number;
    readonly backups?: number;
  };
}

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: DATABASES },
  spec: {
    group: 'db.example.com',
    scope: 'Namespaced',
    names: { plural: 'databases', singular: 'database', kind: 'Database', listKind: 'DatabaseList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['members', 'image'],
                properties: {
                  members: { type: 'integer', minimum: 1, maximum: 9 },
                  image: { type: 'string' },
                  backupEverySeconds: { type: 'integer', minimum: 10 },
                },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

const operator: OwnController = {
  name: 'database-operator',
  workers: 2,
  crds: [definition],

  /** (2) What wakes which key. A key is `namespace/name` of a Database; its pods and jobs wake their owner. */
  watches: [
    { resource: DATABASES, keys: ({ key }) => [key] },
    { resource: 'pods', keys: ({ object }) => ownerOf(object) },
    { resource: 'jobs.batch', keys: ({ object }) => ownerOf(object) },
  ],

  /** (3) One look at one Database: what is there, what is wanted, and the requests that lead from one to the other. Nothing is remembered in between. */
  reconcile(key, view) {
    const database = view.lister<Database>(DATABASES).get(key);
    // It is gone, or going: the garbage collector sees to what it owned.
    if (database === undefined || database.metadata?.deletionTimestamp !== undefined) return {};
    const members = membersOf(database, view);
    const requests: RequestSpec[] = [...startNext(database, members), ...replaceEnded(members)];
    const primary = electPrimary(database, members, view);
    const backup = backUp(database, primary, view);
    requests.push(...backup.requests, ...report(database, members, primary, backup.count));
    // (7) Look again when the next backup falls due; whatever changes before that wakes the key by itself.
    return { requests, ...(backup.dueIn === undefined ? {} : { requeueAfter: backup.dueIn }) };
  },
};

export default operator;

function ownerOf({ metadata }: KubeObject): readonly string[] {
  const owner = metadata?.ownerReferences?.find(({ kind, controller }) => kind === 'Database' && controller === true);
  return owner === undefined ? [] : [`${metadata?.namespace}/${owner.name}`];
}

/** The members in order; undefined where there is none. */
function membersOf({ metadata, spec }: Database, view: View): readonly (Pod | undefined)[] {
  const pods = view.lister<Pod>('pods');
  return Array.from({ length: spec.members }, (_, index) => pods.get(`${metadata?.namespace}/${metadata?.name}-${index}`));
}

const isReady = (pod: Pod | undefined): boolean =>
  pod !== undefined &&
  pod.metadata?.deletionTimestamp === undefined &&
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

const owned = ({ apiVersion, kind, metadata }: Database) => [
  {
    apiVersion: apiVersion ?? '',
    kind: kind ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  },
];

/** (4) Ordered start: a member is made only when all before it are ready. Its name is fixed, so asking twice makes one pod. */
function startNext(database: Database, members: readonly (Pod | undefined)[]): readonly RequestSpec[] {
  const { name, namespace } = database.metadata ?? {};
  const index = members.indexOf(undefined);
  const isReplacement = index < (database.status?.started ?? 0);
  if (index < 0 || (!isReplacement && !members.slice(0, index).every(isReady))) return [];
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${index}`,
      namespace,
      labels: { app: name, 'db.example.com/member': String(index) },
      ownerReferences: owned(database),
    },
    spec: { containers: [{ name: 'db', image: database.spec.image }] },
  };
  return [{ verb: 'create', resource: 'pods', namespace, body }];
}

/** Members that have ended are taken away; the next look starts them anew. */
function replaceEnded(members: readonly (Pod | undefined)[]): readonly RequestSpec[] {
  return members.flatMap((pod) => {
    const isOver = pod?.status?.phase === 'Failed' || pod?.status?.phase === 'Succeeded';
    if (!isOver || pod?.metadata?.deletionTimestamp !== undefined) return [];
    const { namespace, name, uid } = pod?.metadata ?? {};
    return [{ verb: 'delete', resource: 'pods', namespace, name, options: { preconditions: { uid } } } as const];
  });
}

/** (5) Failover: the primary stays while it is ready; otherwise the first ready member takes its place. An event tells people. */
function electPrimary(database: Database, members: readonly (Pod | undefined)[], view: View): string | undefined {
  const before = database.status?.primary;
  if (isReady(members.find((pod) => pod?.metadata?.name === before))) return before;
  const next = members.find(isReady)?.metadata?.name;
  if (next === undefined || next === before) return before;
  if (before !== undefined) view.event(database, 'Warning', 'Failover', `${next} takes over from ${before}`);
  return next;
}

/** (6) A backup is a Job of its own, one after another, so that a slow one is never overtaken. */
function backUp(database: Database, primary: string | undefined, view: View): { requests: RequestSpec[]; count: number; dueIn?: number } {
  const { name, namespace } = database.metadata ?? {};
  const every = (database.spec.backupEverySeconds ?? 0) * SECOND;
  let count = 0;
  let last = 0;
  let isRunning = false;
  for (const job of view.lister<Job>('jobs.batch').list()) {
    if (ownerOf(job)[0] !== `${namespace}/${name}`) continue;
    count++;
    isRunning ||= job.status?.completionTime === undefined;
    last = Math.max(last, Number(job.metadata?.annotations?.['db.example.com/at'] ?? 0));
  }
  if (every === 0 || primary === undefined || isRunning) return { requests: [], count };
  const due = last === 0 ? 0 : last + every - view.now;
  if (due > 0) return { requests: [], count, dueIn: due };
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-backup-${count}`,
      namespace,
      annotations: { 'db.example.com/at': String(view.now) },
      ownerReferences: owned(database),
    },
    spec: {
      template: {
        metadata: { annotations: { 'wavetank.dev/run-seconds': '8' } },
        spec: { restartPolicy: 'OnFailure', containers: [{ name: 'backup', image: 'backup:1', args: [primary] }] },
      },
    },
  };
  return { requests: [{ verb: 'create', resource: 'jobs.batch', namespace, body }], count, dueIn: every };
}

/** The status says what is; it is written only when it changed, or every write would wake the key again. */
function report(database: Database, members: readonly (Pod | undefined)[], primary: string | undefined, backups: number): RequestSpec[] {
  const before = database.status ?? {};
  const ready = members.filter(isReady).length;
  const unready = members.findIndex((pod) => !isReady(pod));
  const started = Math.max(before.started ?? 0, unready < 0 ? members.length : unready);
  const failovers = (before.failovers ?? 0) + (before.primary !== undefined && primary !== before.primary ? 1 : 0);
  const isSame = before.ready === ready && before.primary === primary && before.failovers === failovers && before.backups === backups;
  if (isSame && before.started === started) return [];
  const { namespace, name } = database.metadata ?? {};
  const body = { status: { ready, started, failovers, backups, ...(primary === undefined ? {} : { primary }) } };
  return [{ verb: 'patch', resource: DATABASES, subresource: 'status', namespace, name, patchType: 'merge', body }];
}
