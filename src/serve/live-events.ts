/** What a page wants to see of a cluster that runs, as server-sent events: one compact picture a second (nodes as arrays in the order of their names' first
 *  sight, pods by phase, queues, latencies), for as long as anybody looks. Pods and nodes are followed by watches of the door's own, like any client's. */

import type { ServerResponse } from 'node:http';
import { type Node, type Pod, podRequests, quantityMilliValue, quantityValue, type WatchEvent } from '#api';
import { SECOND } from '#sim';
import type { Ticket } from './gate.ts';
import { Latencies } from './latencies.ts';
import type { Session } from './session.ts';

const PERIOD_MS = 1000;
const MOST_WAITING = 4 * 1024 * 1024;
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
  usedCpu: number;
  usedMemory: number;
  pods: number;
}

const ZONE = 'topology.kubernetes.io/zone';

export class LiveEvents {
  private readonly session: Session;
  private readonly viewers = new Set<ServerResponse>();
  private readonly latencies = new Latencies();
  private pods = new Map<string, SeenPod>();
  private nodes = new Map<string, SeenNode>();
  private tickets: Ticket[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(session: Session) {
    this.session = session;
  }

  /** Until the page goes away. */
  stream(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' });
    response.write('retry: 2000\n\n');
    this.viewers.add(response);
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
    for (const viewer of this.viewers) viewer.end();
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
    this.pods.clear();
    this.nodes.clear();
  }

  /** A stream that ends is begun anew, with everything. */
  private follow(resource: 'pods' | 'nodes', take: (event: WatchEvent) => void): void {
    const again = (): void => {
      if (this.viewers.size === 0) return;
      this[resource].clear();
      if (resource === 'pods') for (const node of this.nodes.values()) Object.assign(node, { usedCpu: 0, usedMemory: 0, pods: 0 });
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
          events(events, closed) {
            for (const event of events) if (event.type !== 'BOOKMARK' && event.type !== 'ERROR') take(event);
            if (closed) later();
          },
        },
      ),
    );
  }

  private node(name: string): SeenNode {
    let node = this.nodes.get(name);
    if (node === undefined) {
      node = { zone: '', isReady: false, isSchedulable: true, cpu: 0, memory: 0, most: 0, usedCpu: 0, usedMemory: 0, pods: 0 };
      this.nodes.set(name, node);
    }
    return node;
  }

  private nodeEvent({ type, object: { metadata, spec, status } }: WatchEvent<Node>): void {
    const name = metadata?.name ?? '';
    if (type === 'DELETED') {
      this.nodes.delete(name);
      return;
    }
    const node = this.node(name);
    const allocatable = status?.allocatable ?? {};
    node.zone = metadata?.labels?.[ZONE] ?? '';
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
      return;
    }
    const requests = before ?? { cpu: podRequests(pod)['cpu'] ?? 0, memory: podRequests(pod)['memory'] ?? 0 };
    const now: SeenPod = {
      phase: metadata?.deletionTimestamp === undefined ? phaseOf(pod) : 'Terminating',
      node: status?.phase === 'Succeeded' || status?.phase === 'Failed' ? '' : (spec?.nodeName ?? ''),
      cpu: requests.cpu,
      memory: requests.memory,
    };
    this.pods.set(key, now);
    this.count(now, 1);
  }

  private count({ node: name, cpu, memory }: SeenPod, by: number): void {
    if (name === '') return;
    const node = this.node(name);
    node.usedCpu += by * cpu;
    node.usedMemory += by * memory;
    node.pods += by;
  }

  /** The picture. */
  picture(): object {
    const { run, driver } = this.session;
    const phases: Record<string, number> = {};
    for (const { phase } of this.pods.values()) phases[phase] = (phases[phase] ?? 0) + 1;
    const share = (used: number, of: number): number => (of === 0 ? 0 : Math.round((100 * used) / of));
    const names = [...this.nodes.keys()];
    const all = [...this.nodes.values()];
    return {
      simulatedSeconds: run.now / SECOND,
      time: new Date(run.clock / 1000).toISOString(),
      paused: driver.isPaused,
      speed: driver.pace,
      behindSeconds: driver.behindSeconds,
      nodes: {
        name: names,
        zone: all.map(({ zone }) => zone),
        /** 0 not ready, 1 ready, 2 ready and closed to new pods. */
        state: all.map(({ isReady, isSchedulable }) => (isReady ? (isSchedulable ? 1 : 2) : 0)),
        cpuPercent: all.map(({ usedCpu, cpu }) => share(usedCpu, cpu)),
        memoryPercent: all.map(({ usedMemory, memory }) => share(usedMemory, memory)),
        pods: all.map(({ pods }) => pods),
      },
      pods: phases,
      ...this.latencies.since(run),
    };
  }

  private send(): void {
    const text = `data: ${JSON.stringify(this.picture())}\n\n`;
    for (const viewer of this.viewers) {
      if (viewer.writableLength > MOST_WAITING) viewer.destroy();
      else viewer.write(text);
    }
  }
}

function phaseOf({ spec, status }: Pod): string {
  const phase = status?.phase ?? 'Pending';
  if (phase !== 'Pending') return phase;
  return spec?.nodeName === undefined ? 'Unscheduled' : 'Starting';
}
