import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ApiRequest, type ApiResponse, bodyDigest, type WatchEvents } from '#api';
import { kindOf, type Message, type PackReader, type PackWriter } from '#sim';
import { Packer, Unpacker } from '../../../workers/packing.ts';

/** Both ends of one direction. */
function crossing(): { cross: <M extends Message>(message: M) => M; words: () => number } {
  const packer = new Packer();
  const unpacker = new Unpacker();
  let words = 0;
  return {
    cross: <M extends Message>(message: M): M => {
      packer.used = 0;
      packer.message(message);
      words = packer.used;
      unpacker.open(packer.words.slice(0, packer.used));
      const result = unpacker.message() as M;
      expect(unpacker.at).toBe(words);
      return result;
    },
    words: () => words,
  };
}

const template = {
  containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '100m', memory: '128Mi' } } }],
  tolerations: [{ key: 'a', operator: 'Exists' }],
  labels: { app: 'web', 'pod-template-hash': 'abc' },
};
const podOf = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `web-${index}`,
    namespace: 'default',
    uid: `0000-${index}`,
    resourceVersion: String(1000 + index),
    labels: template.labels,
    generation: 1,
  },
  spec: { containers: template.containers, tolerations: template.tolerations, nodeName: 'n1', terminationGracePeriodSeconds: 30 },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z', reason: null }],
    podIP: '10.0.0.7',
    containerStatuses: [
      { name: 'web', ready: true, restartCount: 0, started: true, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } },
    ],
  },
});

describe('messages come out as they went in', () => {
  test('a pod in a watch event; the second replica is short and shares its template', () => {
    const { cross, words } = crossing();
    const event = (index: number): WatchEvents => ({
      kind: 'WatchEvents',
      id: 7,
      sequence: index,
      events: [{ type: 'ADDED', object: podOf(index) }],
    });
    const first = cross(event(0));
    const long = words();
    const second = cross(event(1));
    expect(first).toEqual(event(0));
    expect(second).toEqual(event(1));
    expect(words()).toBeLessThan(long / 2);
    const spec = ({ events: [event] }: WatchEvents): unknown =>
      (event?.object as { spec?: { containers?: unknown } } | undefined)?.spec?.containers;
    expect(spec(second)).toBe(spec(first));
    expect(spec(first)).toEqual(template.containers);
  });

  test('equal content crosses once even when every replica has its own copy', () => {
    const { cross } = crossing();
    const copy = (): WatchEvents =>
      structuredClone({ kind: 'WatchEvents', id: 1, sequence: 0, events: [{ type: 'MODIFIED', object: podOf(3) }] } as const);
    const labels = ({ events: [event] }: WatchEvents): unknown => event?.object.metadata?.labels;
    expect(labels(cross(copy()))).toBe(labels(cross(copy())));
  });

  test('a lease renewal, an Event, a deletion, a failure', () => {
    const { cross } = crossing();
    const requests: ApiRequest[] = [
      {
        kind: 'ApiRequest',
        id: 12,
        verb: 'update',
        resource: 'leases.coordination.k8s.io',
        namespace: 'kube-node-lease',
        name: 'n1',
        user: 'system:node:n1',
        discardBody: true,
        body: {
          metadata: { name: 'n1', resourceVersion: '007' },
          spec: { renewTime: '2026-01-01T00:00:00.000001Z', leaseDurationSeconds: 40 },
        },
      },
      {
        kind: 'ApiRequest',
        id: 13,
        verb: 'create',
        resource: 'events',
        namespace: 'default',
        user: 'u',
        body: { metadata: { name: 'web.0123456789abcdef', uid: 'x' }, count: 1 },
      },
      {
        kind: 'ApiRequest',
        id: 14,
        verb: 'delete',
        resource: 'pods',
        name: 'web',
        user: 'u',
        options: { gracePeriodSeconds: 0, preconditions: { uid: 'x' } },
        discardBody: false,
      },
    ];
    for (const request of requests) expect(cross(request)).toEqual({ ...request, bodyDigest: bodyDigest(request.body) });
    const failure: ApiResponse = { kind: 'ApiResponse', id: 12, code: 409, object: { kind: 'Status', code: 409, details: { causes: [] } } };
    expect(cross(failure)).toEqual(failure);
    for (const kind of ['CloseWatch', 'ConnectionReset']) expect(cross({ kind, id: 3 } as Message).kind).toBe(kind);
  });

  const key = fc.stringMatching(/^[a-z]{1,6}$/);
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true }),
      fc.string(),
      fc.string({ minLength: 60, maxLength: 80 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(key, fc.constantFrom('labels', 'name', 'uid', 'resourceVersion', 'containers', 'podIP', '7')), tie('value'), {
        maxKeys: 5,
      }),
    ),
  })).value;

  test('any JSON, and its digest, which reads keys in order', () => {
    const { cross } = crossing();
    fc.assert(
      fc.property(json, (body) => {
        const out = cross<ApiRequest>({ kind: 'ApiRequest', id: 1, verb: 'patch', resource: 'pods', user: 'u', body });
        // Negative zero: MessagePack, which carries shared parts, keeps it too.
        expect(out.body).toEqual(body);
        expect(out.bodyDigest).toBe(bodyDigest(out.body));
        expect(out.bodyDigest).toBe(bodyDigest(body));
      }),
      { seed: 42, numRuns: 400 },
    );
  });
});

test('versions of objects: what differs crosses, and makes the whole again', () => {
  const leaf = fc.oneof(fc.constant('a'), fc.constant('b'), fc.integer({ min: 0, max: 2 }), fc.constant(null), fc.constant(undefined));
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('x', 'labels', 'name'), tie('value')),
    ),
  })).value;
  const step = fc.record({ uid: fc.integer({ min: 0, max: 3 }), status: value, spec: fc.boolean(), isLast: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { cross } = crossing();
      const spec = { containers: [{ name: 'c' }], nodeName: 'n' };
      const before = new Map<number, object>();
      steps.forEach(({ uid, status, spec: shares, isLast }, sequence) => {
        const object = {
          kind: 'Pod',
          metadata: { name: `p-${uid}`, uid: `uid-${uid}`, resourceVersion: String(sequence) },
          spec: shares ? spec : { ...spec },
          status,
          ...(before.has(uid) && shares ? { extra: before.get(uid) } : {}),
        };
        before.set(uid, { status });
        const event = { type: isLast ? 'DELETED' : 'MODIFIED', object } as const;
        const message: WatchEvents = { kind: 'WatchEvents', id: 1, sequence, events: [event] };
        // Members that are undefined do not cross.
        expect(JSON.stringify(cross(message).events)).toBe(JSON.stringify([event]));
      });
    }),
    { seed: 5, numRuns: 400 },
  );
});

test("a member that did not change is the reader's own of the version before", () => {
  const { cross } = crossing();
  const spec = { containers: [{ name: 'c' }] };
  const pod = (sequence: number, phase: string): WatchEvents => {
    const object = { kind: 'Pod', metadata: { name: 'p', uid: 'u', resourceVersion: String(sequence) }, spec, status: { phase } };
    return { kind: 'WatchEvents', id: 1, sequence, events: [{ type: 'MODIFIED', object }] };
  };
  const [first, second] = [cross(pod(0, 'Pending')), cross(pod(1, 'Running'))].map(({ events }) => events[0]?.object as { spec?: object });
  expect(second?.spec).toBe(first?.spec);
});

test('every kind of message between kubelets and API servers has a packed form', () => {
  for (const name of ['ApiRequest', 'ApiResponse', 'WatchEvents', 'CloseWatch', 'ConnectionReset']) {
    const { pack, unpack } = kindOf(name) as { pack?: (message: Message, out: PackWriter) => void; unpack?: (from: PackReader) => Message };
    expect(pack).toBeDefined();
    expect(unpack).toBeDefined();
  }
});

describe('what comes again', () => {
  const lease = (renewal: number): ApiRequest => ({
    kind: 'ApiRequest',
    id: renewal,
    verb: 'update',
    resource: 'leases.coordination.k8s.io',
    namespace: 'kube-node-lease',
    name: 'n1',
    user: 'system:node:n1',
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'n1', uid: '1ea5e000-0000-4000-8000-000000000001', resourceVersion: String(100 + renewal) },
      spec: { holderIdentity: 'n1', renewTime: `2026-01-01T00:00:${10 + renewal}.000001Z` },
    },
  });

  test('an update of the same object crosses by what changed', () => {
    const { cross, words } = crossing();
    expect(cross(lease(1))).toEqual({ ...lease(1), bodyDigest: bodyDigest(lease(1).body) });
    const long = words();
    expect(cross(lease(2))).toEqual({ ...lease(2), bodyDigest: bodyDigest(lease(2).body) });
    expect(words()).toBeLessThan(long * 0.7);
  });

  test('answers that are heads, between watch events of the same objects, come out as they went in', () => {
    const uid = fc.integer({ min: 0, max: 2 });
    const labels = fc.constantFrom(undefined, { app: 'a' }, { app: 'b' });
    const step = fc.record({
      what: fc.constantFrom('head', 'answer', 'MODIFIED', 'DELETED'),
      uid,
      labels,
      deletionTimestamp: fc.constantFrom(undefined, '2026-01-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { cross } = crossing();
        steps.forEach(({ what, uid: of, ...rest }, sequence) => {
          const metadata = { name: `p-${of}`, uid: `uid-${of}`, resourceVersion: String(sequence), ...rest };
          const whole = { kind: 'Pod', metadata, status: { phase: 'Running' } };
          const message: WatchEvents | ApiResponse =
            what === 'head' || what === 'answer'
              ? { kind: 'ApiResponse', id: sequence, code: 200, object: what === 'head' ? { metadata } : whole }
              : { kind: 'WatchEvents', id: 1, sequence, events: [{ type: what as 'MODIFIED' | 'DELETED', object: whole }] };
          expect(JSON.stringify(cross<Message>(message))).toBe(JSON.stringify(message));
        });
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  test('a second head of an object is short', () => {
    const { cross, words } = crossing();
    const head = (version: number): ApiResponse => ({
      kind: 'ApiResponse',
      id: version,
      code: 200,
      object: { metadata: { name: 'n1', uid: '1ea5e000-0000-4000-8000-000000000001', namespace: 'x', resourceVersion: String(version) } },
    });
    cross(head(1));
    const long = words();
    expect(cross(head(2))).toEqual(head(2));
    expect(words()).toBeLessThan(long * 0.7);
  });
});
