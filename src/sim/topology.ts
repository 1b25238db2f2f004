/** Hosts by group and zone, as small integers: what links, changes and lookahead ask about. */

import type { HostId } from './host.ts';
import type { HostSelector, LinkSpec, WorldSpec } from './world.ts';

/** The world's hosts and links, indexed. */
export class Topology {
  readonly groups: readonly string[];
  readonly zones: readonly string[];
  /** By host. */
  readonly groupOf: Int32Array;
  readonly zoneOf: Int32Array;
  readonly links: readonly LinkSpec[];
  /** Index of the link by ((from group * groups) + to group) * 2 + same zone; -1 where none is. */
  readonly #linkOf: Int32Array;

  constructor(world: WorldSpec) {
    const groups = new Map<string, number>();
    const zones = new Map<string, number>();
    const index = (map: Map<string, number>, name: string): number => {
      const found = map.get(name) ?? map.size;
      map.set(name, found);
      return found;
    };
    this.groupOf = Int32Array.from(world.hosts, (host) => index(groups, host.group));
    this.zoneOf = Int32Array.from(world.hosts, (host) => index(zones, host.zone));
    this.groups = [...groups.keys()];
    this.zones = [...zones.keys()];
    this.links = world.links;
    this.#linkOf = new Int32Array(this.groups.length * this.groups.length * 2).fill(-1);
    this.groups.forEach((from, f) => {
      this.groups.forEach((to, t) => {
        for (const same of [0, 1]) {
          const at = world.links.findIndex(
            (link) => matches(link.from, from) && matches(link.to, to) && (link.sameZone === undefined || link.sameZone === (same === 1)),
          );
          this.#linkOf[(f * this.groups.length + t) * 2 + same] = at;
        }
      });
    });
  }

  /** The link between two groups; -1 when the world has none. The first that matches counts; '*' matches every group. */
  linkBetween(fromGroup: number, toGroup: number, sameZone: boolean): number {
    return this.#linkOf[(fromGroup * this.groups.length + toGroup) * 2 + (sameZone ? 1 : 0)] as number;
  }

  linkOf(from: HostId, to: HostId): number {
    return this.linkBetween(this.groupOf[from] as number, this.groupOf[to] as number, this.zoneOf[from] === this.zoneOf[to]);
  }

  selects(selector: HostSelector, host: HostId): boolean {
    if (selector.hosts !== undefined && !selector.hosts.includes(host)) return false;
    if (selector.group !== undefined && selector.group !== this.groups[this.groupOf[host] as number]) return false;
    return selector.zone === undefined || selector.zone === this.zones[this.zoneOf[host] as number];
  }

  /** All hosts a selector strikes, ascending. */
  select(selector: HostSelector): HostId[] {
    const found: HostId[] = [];
    for (let host = 0; host < this.groupOf.length; host++) if (this.selects(selector, host)) found.push(host);
    return found;
  }
}

const matches = (pattern: string, group: string): boolean => pattern === '*' || pattern === group;
