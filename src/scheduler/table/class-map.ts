/** What is remembered for classes of pods, by their key. Classes beyond a number are forgotten, the longest unused first. */

const CLASS_MAX = 256;

export class ClassMap<V> {
  readonly #map = new Map<string, V>();
  readonly #onDrop: ((value: V) => void) | undefined;
  readonly #most: number;

  constructor(onDrop?: (value: V) => void, most = CLASS_MAX) {
    this.#onDrop = onDrop;
    this.#most = most;
  }

  get(key: string, make: () => V): V {
    let value = this.#map.get(key);
    if (value === undefined && !this.#map.has(key)) {
      value = make();
      if (this.#map.size >= this.#most) {
        for (const oldest of this.#map.keys()) {
          this.delete(oldest);
          break;
        }
      }
    } else this.#map.delete(key);
    this.#map.set(key, value as V);
    return value as V;
  }

  delete(key: string): void {
    const value = this.#map.get(key);
    if (this.#map.delete(key)) this.#onDrop?.(value as V);
  }

  clear(): void {
    for (const value of this.#map.values()) this.#onDrop?.(value);
    this.#map.clear();
  }
}
