/** What a page wants to see of a cluster that runs, as server-sent events: one compact picture a second (nodes as arrays in the order of their names' first
 *  sight, pods by phase and how many went from one to the next, queues, latencies), for as long as anybody looks. Pods and nodes are followed by watches of the door's own, like any client's. */

import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Node, type Pod, podRequests, quantityMilliValue, quantityValue, type WatchEvent } from '#api';
import { SECOND } from '#sim';
import type { Ticket } from './gate.ts';
import { Latencies } from './latencies.ts';
import type { Session } from './session.ts';

const PERIOD_MS = 1000;
const MOST_WAITING = 4 * 1024 * 1024;
/** Longest stretch of work on events without a turn of the event loop: a first list of pods may be long. */
const SLICE_MS = 6;
/** Pods that a search answers with. */
const MOST_FOUND = 30;
const USER = 'system:wavetank:page';
const AS_ADMINISTRATOR = { user: USER, groups: ['system:masters'] };

interface SeenPod {
  readonly phase: string;
  readonly node: string;
  readonly cpu: number;
  readonly memory: number;
}

interface SeenNode {
  zone: string;
  isReady: boolean;
  isSchedulable: boolean;
  cpu: number;
  memory: number;
  most: number;
}

/** What pods took of a node. */
interface Usage {
  cpu: number;
  memory: number;
  pods: number;
}

const UNUSED: Usage = { cpu: 0, memory: 0, pods: 0 };

const ZONE = 'topology.kubernetes.io/zone';

export class LiveEvents {
  private readonly session: Session;
  /** With each, which list of nodes it was told last. */
  private readonly viewers = new Map<ServerResponse, number>();
  private readonly latencies = new Latencies();
  private readonly requests = new WeakMap<object, { readonly cpu: number; readonly memory: number }>();
  private readonly pods = new Map<string, SeenPod>();
  private readonly nodes = new Map<string, SeenNode>();
  private readonly usage = new Map<string, Usage>();
  private readonly phases = new Map<string, number>();
  private flows = new Map<string, number>();
  private layout = 1;
  private tickets: Ticket[] = [];
  private readonly waiting: (() => void)[] = [];
  private taken = 0;
  private isTaking = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(session: Session) {
    this.session = session;
  }

  /** Until the page goes away. */
  stream(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' });
    response.write('retry: 2000\n\n');
    this.viewers.set(response, 0);
    if (this.viewers.size === 1) this.begin();
    return new Promise((done) => {
      response.on('close', () => {
        this.viewers.delete(response);
        if (this.viewers.size === 0) this.end();
        done();
      });
    });
  }

  stop(): void {
    this.end();
    for (const viewer of this.viewers.keys()) viewer.end();
  }

  /** Pods whose namespace/name holds these letters, while somebody looks. */
  find(letters: string): readonly object[] {
    const found: object[] = [];
    for (const [pod, { phase, node }] of this.pods) {
      if (!pod.includes(letters)) continue;
      found.push({ pod, phase, node });
      if (found.length >= MOST_FOUND) break;
    }
    return found;
  }

  private begin(): void {
    this.follow('nodes', (event) => this.nodeEvent(event as WatchEvent<Node>));
    this.follow('pods', (event) => this.podEvent(event as WatchEvent<Pod>));
    this.timer = setInterval(() => this.send(), PERIOD_MS);
  }

  private end(): void {
    clearInterval(this.timer);
    const { tickets } = this;
    this.tickets = [];
    for (const ticket of tickets) ticket.close();
    this.waiting.length = 0;
    this.taken = 0;
    this.forget('pods');
    this.forget('nodes');
  }

  private forget(resource: 'pods' | 'nodes'): void {
    this[resource].clear();
    if (resource === 'nodes') {
      this.layout++;
      return;
    }
    this.phases.clear();
    this.flows.clear();
    this.usage.clear();
  }

  /** A stream that ends is begun anew, with everything. */
  private follow(resource: 'pods' | 'nodes', take: (event: WatchEvent) => void): void {
    const again = (): void => {
      if (this.viewers.size === 0) return;
      this.later(() => this.forget(resource));
      this.follow(resource, take);
    };
    const later = (): void => {
      setTimeout(again, PERIOD_MS).unref();
    };
    // What comes in while a snapshot is lived through again would change it.
    if (this.session.isLoading) {
      later();
      return;
    }
    this.tickets.push(
      this.session.gate.watch(
        { verb: 'watch', resource, ...AS_ADMINISTRATOR, options: { resourceVersion: '0', allowWatchBookmarks: true } },
        {
          opened: ({ code }) => {
            if (code >= 300) later();
          },
          events: (events, closed) => {
            for (const event of events) if (event.type !== 'BOOKMARK' && event.type !== 'ERROR') this.later(() => take(event));
            if (closed) later();
          },
        },
      ),
    );
  }

  /** In order, a few milliseconds at a time. */
  private later(work: () => void): void {
    this.waiting.push(work);
    if (!this.isTaking) {
      this.isTaking = true;
      setImmediate(() => this.takeSome());
    }
  }

  private takeSome(): void {
    const ends = performance.now() + SLICE_MS;
    while (this.taken < this.waiting.length) {
      (this.waiting[this.taken++] as () => void)();
      if (this.taken % 16 === 0 && performance.now() > ends) {
        setImmediate(() => this.takeSome());
        return;
      }
    }
    this.waiting.length = 0;
    this.taken = 0;
    this.isTaking = false;
  }

  private node(name: string): SeenNode {
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = { zone: '', isReady: false, isSchedulable: true, cpu: 0, memory: 0, most: 0 };
      this.nodes.set(name, node);
      this.layout++;
    }
    return node;
  }

  private nodeEvent({ type, object: { metadata, spec, status } }: WatchEvent<Node>): void {
    const name = metadata?.name ?? '';
    if (type === 'DELETED') {
      if (this.nodes.delete(name)) this.layout++;
      return;
    }
    const node = this.node(name);
    const allocatable = status?.allocatable ?? {};
    const zone = metadata?.labels?.[ZONE] ?? '';
    if (node.zone !== zone) this.layout++;
    node.zone = zone;
    node.isReady = status?.conditions?.find((one) => one.type === 'Ready')?.status === 'True';
    node.isSchedulable = spec?.unschedulable !== true;
    node.cpu = quantityMilliValue(allocatable['cpu']);
    node.memory = quantityValue(allocatable['memory']);
    node.most = quantityValue(allocatable['pods']);
  }

  private podEvent({ type, object: pod }: WatchEvent<Pod>): void {
    const { metadata, spec, status } = pod;
    const key = `${metadata?.namespace}/${metadata?.name}`;
    const before = this.pods.get(key);
    if (before !== undefined) this.count(before, -1);
    if (type === 'DELETED') {
      this.pods.delete(key);
      if (before !== undefined) this.flow(before.phase, 'gone');
      return;
    }
    const now: SeenPod = {
      phase: metadata?.deletionTimestamp === undefined ? phaseOf(pod) : 'Terminating',
      node: status?.phase === 'Succeeded' || status?.phase === 'Failed' ? '' : (spec?.nodeName ?? ''),
      ...this.requestsOf(pod),
    };
    this.pods.set(key, now);
    this.count(now, 1);
    if (before?.phase !== now.phase) this.flow(before?.phase ?? 'new', now.phase);
  }

  /** Pods of one template share their containers. */
  private requestsOf(pod: Pod): { readonly cpu: number; readonly memory: number } {
    const shared: object = pod.spec?.containers ?? pod;
    let requests = this.requests.get(shared);
    if (requests === undefined) {
      const { cpu = 0, memory = 0 } = podRequests(pod);
      this.requests.set(shared, (requests = { cpu, memory }));
    }
    return requests;
  }

  private flow(from: string, to: string): void {
    const key = `${from}>${to}`;
    this.flows.set(key, (this.flows.get(key) ?? 0) + 1);
  }

  private count({ phase, node: name, cpu, memory }: SeenPod, by: number): void {
    this.phases.set(phase, (this.phases.get(phase) ?? 0) + by);
    if (name === '') return;
    let usage = this.usage.get(name);
    if (usage === undefined) this.usage.set(name, (usage = { ...UNUSED }));
    usage.cpu += by * cpu;
    usage.memory += by * memory;
    usage.pods += by;
    if (usage.pods === 0) this.usage.delete(name);
  }

  /** The picture: what every viewer is told. */
  private picture(): object {
    const { run, driver, options, struck } = this.session;
    const share = (used: number, of: number): number => (of === 0 ? 0 : Math.round((100 * used) / of));
    const all = [...this.nodes].map(([name, node]) => ({ node, usage: this.usage.get(name) ?? UNUSED }));
    return {
      scenario: options.scenario.name,
      simulatedSeconds: run.now / SECOND,
      time: new Date(run.clock / 1000).toISOString(),
      paused: driver.isPaused,
      speed: driver.pace,
      behindSeconds: driver.behindSeconds,
      loading: this.session.isLoading,
      pods: Object.fromEntries([...this.phases].filter(([, count]) => count > 0)),
      flows: Object.fromEntries(this.flows),
      faults: struck.all.slice(-20),
      ...this.latencies.since(run),
      nodes: {
        /** 0 not ready, 1 ready, 2 ready and closed to new pods. */
        state: all.map(({ node: { isReady, isSchedulable } }) => (isReady ? (isSchedulable ? 1 : 2) : 0)),
        cpuPercent: all.map(({ node, usage }) => share(usage.cpu, node.cpu)),
        memoryPercent: all.map(({ node, usage }) => share(usage.memory, node.memory)),
        pods: all.map(({ usage }) => usage.pods),
      },
    };
  }

  private send(): void {
    const text = JSON.stringify(this.picture());
    this.flows = new Map();
    let layout: string | undefined;
    for (const [viewer, known] of this.viewers) {
      if (viewer.writableLength > MOST_WAITING) {
        viewer.destroy();
        continue;
      }
      if (known !== this.layout) {
        layout ??= `event: layout\ndata: ${JSON.stringify(this.names())}\n\n`;
        viewer.write(layout);
        this.viewers.set(viewer, this.layout);
      }
      viewer.write(`data: ${text}\n\n`);
    }
  }

  /** Of the arrays of all pictures that follow. */
  private names(): object {
    return { name: [...this.nodes.keys()], zone: [...this.nodes.values()].map(({ zone }) => zone) };
  }
}

function phaseOf({ spec, status }: Pod): string {
  const phase = status?.phase ?? 'Pending';
  if (phase !== 'Pending') return phase;
  return spec?.nodeName === undefined ? 'Unscheduled' : 'Starting';
}
