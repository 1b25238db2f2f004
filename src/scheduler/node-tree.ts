/** The order in which nodes are looked at: round robin over zones, within a zone in order of arrival.
 *  Mirrors pkg/scheduler/backend/cache/node_tree.go v1.34; zones stand in order of first appearance and leave when empty. */

import type { Node } from '#api';
import { nodeName, zoneKey } from './pod-fields.ts';

export class NodeTree {
  readonly #zones: string[] = [];
  readonly #tree = new Map<string, string[]>();
  /** zone/name of those in the tree: a look through a zone's list for every node that joins would grow with its square. */
  readonly #known = new Set<string>();
  /** Rises with every change of the order. */
  version = 0;

  add(node: Node): void {
    const zone = zoneKey(node);
    const name = nodeName(node);
    const key = `${zone}/${name}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const names = this.#tree.get(zone);
    if (names === undefined) {
      this.#zones.push(zone);
      this.#tree.set(zone, [name]);
    } else names.push(name);
    this.version++;
  }

  remove(node: Node): void {
    const zone = zoneKey(node);
    const names = this.#tree.get(zone);
    const at = names === undefined ? -1 : names.indexOf(nodeName(node));
    if (names === undefined || at < 0) return;
    names.splice(at, 1);
    this.#known.delete(`${zone}/${nodeName(node)}`);
    if (names.length === 0) {
      this.#tree.delete(zone);
      this.#zones.splice(this.#zones.indexOf(zone), 1);
    }
    this.version++;
  }

  /** A node that moves to another zone leaves its place; otherwise nothing changes. */
  update(before: Node, after: Node): void {
    if (zoneKey(before) === zoneKey(after)) return;
    this.remove(before);
    this.add(after);
  }

  list(): string[] {
    const order: string[] = [];
    let isMore = true;
    for (let index = 0; isMore; index++) {
      isMore = false;
      for (const zone of this.#zones) {
        const names = this.#tree.get(zone) as string[];
        if (index >= names.length) continue;
        order.push(names[index] as string);
        isMore = true;
      }
    }
    return order;
  }
}
