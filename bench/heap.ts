/** The yardstick of bench:kernel: a bare 4-ary heap in typed arrays, ordered by (time, order). No hosts, no digest, no messages. */

export class Heap4 {
  #times: Float64Array;
  #orders: Float64Array;
  #payloads: Int32Array;
  #size = 0;
  /** Of the entry popped last. */
  time = 0;
  payload = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#payloads = new Int32Array(capacity);
  }

  push(time: number, order: number, payload: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const payloads = this.#payloads;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = times[parent] as number;
      if (parentTime < time || (parentTime === time && (orders[parent] as number) < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent] as number;
      payloads[at] = payloads[parent] as number;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    payloads[at] = payload;
  }

  pop(): void {
    const times = this.#times;
    const orders = this.#orders;
    const payloads = this.#payloads;
    this.time = times[0] as number;
    this.payload = payloads[0] as number;
    const size = --this.#size;
    const time = times[size] as number;
    const order = orders[size] as number;
    const payload = payloads[size] as number;
    let at = 0;
    for (;;) {
      const first = at * 4 + 1;
      if (first >= size) break;
      const end = Math.min(first + 4, size);
      let least = first;
      let leastTime = times[first] as number;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child] as number;
        if (childTime < leastTime || (childTime === leastTime && (orders[child] as number) < (orders[least] as number))) {
          least = child;
          leastTime = childTime;
        }
      }
      if (leastTime > time || (leastTime === time && (orders[least] as number) > order)) break;
      times[at] = leastTime;
      orders[at] = orders[least] as number;
      payloads[at] = payloads[least] as number;
      at = least;
    }
    times[at] = time;
    orders[at] = order;
    payloads[at] = payload;
  }
}
