/** How long nothing was heard of each node when something should have been: in that time nobody can expect its kubelet to have said anything. */

/** Between two renewals of a node's lease. */
const RENEWAL = 10_000_000;

export class Silences {
  readonly #heard = new Map<string, number>();
  readonly #sum = new Map<string, number>();

  heard(node: string, at: number): void {
    this.#sum.set(node, this.of(node, at));
    this.#heard.set(node, at);
  }

  of(node: string, now: number): number {
    const gap = now - (this.#heard.get(node) ?? now);
    return (this.#sum.get(node) ?? 0) + (gap > 1.5 * RENEWAL ? gap - RENEWAL : 0);
  }
}
