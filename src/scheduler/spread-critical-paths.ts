/** The two least loaded domains of a constraint, kept through a dry run. Mirrors kube-scheduler v1.34 podtopologyspread/filtering.go
 *  (criticalPaths): only two are known, so after several changes the minimum may be stale in exactly upstream's way. */

interface Path {
  value: string | undefined;
  count: number;
}

const MAX_INT32 = 2_147_483_647;

export class CriticalPaths {
  #first: Path = { value: undefined, count: MAX_INT32 };
  #second: Path = { value: undefined, count: MAX_INT32 };

  constructor(counts?: ReadonlyMap<string, number>) {
    for (const [value, count] of counts ?? []) this.update(value, count);
  }

  get minimum(): number {
    return this.#first.count;
  }

  clone(): CriticalPaths {
    const copy = new CriticalPaths();
    copy.#first = { ...this.#first };
    copy.#second = { ...this.#second };
    return copy;
  }

  update(value: string, count: number): void {
    if (value === this.#first.value || value === this.#second.value) {
      (value === this.#first.value ? this.#first : this.#second).count = count;
      if (this.#first.count > this.#second.count) [this.#first, this.#second] = [this.#second, this.#first];
    } else if (count < this.#first.count) {
      this.#second = this.#first;
      this.#first = { value, count };
    } else if (count < this.#second.count) {
      this.#second = { value, count };
    }
  }
}
