/** The constraint that devices share a value: the first device sets it, the others must have the same.
 *  Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/allocator_stable.go (matchAttributeConstraint, lookupAttribute). */

import type { DeviceAttribute } from '#api';
import type { Candidate } from './pools.ts';

/** An attribute by its full name `domain/id`; the driver's own may stand without a domain. */
function attributeOf({ device, driver }: Candidate, name: string): DeviceAttribute | undefined {
  const full = device.attributes?.[name];
  const slash = name.indexOf('/');
  if (full !== undefined || slash < 0 || name.slice(0, slash) !== driver) return full;
  return device.attributes?.[name.slice(slash + 1)];
}

function isSame(a: DeviceAttribute, b: DeviceAttribute): boolean {
  if (a.string !== undefined) return a.string === b.string;
  if (a.int !== undefined) return a.int === b.int;
  if (a.bool !== undefined) return a.bool === b.bool;
  return a.version !== undefined && a.version === b.version;
}

export class MatchAttribute {
  readonly #name: string;
  readonly #requests: ReadonlySet<string>;
  #value: DeviceAttribute | undefined;
  #count = 0;

  constructor(name: string, requests: readonly string[] = []) {
    this.#name = name;
    this.#requests = new Set(requests);
  }

  #concerns(request: string, alternative: string): boolean {
    if (this.#requests.size === 0 || this.#requests.has(request)) return true;
    return alternative !== '' && this.#requests.has(`${request}/${alternative}`);
  }

  /** False: the device must not be added. */
  add(request: string, alternative: string, candidate: Candidate): boolean {
    if (!this.#concerns(request, alternative)) return true;
    const value = attributeOf(candidate, this.#name);
    if (value === undefined) return false;
    if (this.#count === 0) this.#value = value;
    else if (!isSame(value, this.#value as DeviceAttribute)) return false;
    this.#count++;
    return true;
  }

  remove(request: string, alternative: string): void {
    if (this.#concerns(request, alternative)) this.#count--;
  }
}
