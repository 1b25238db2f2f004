/** The node's share of the pod network: addresses out of its podCIDR, as the host-local CNI plugin hands them out (next free after the last one given). */

/** Network address as a number and prefix length; throws on anything but an IPv4 CIDR. */
export function parseCidr(cidr: string): { readonly base: number; readonly size: number } {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) throw new Error(`podCIDR '${cidr}' is not an IPv4 CIDR`);
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (a > 255 || b > 255 || c > 255 || d > 255 || prefix > 30 || prefix < 8)
    throw new Error(`podCIDR '${cidr}' is not an IPv4 CIDR between /8 and /30`);
  const size = 1 << (32 - prefix);
  const address = a * 16_777_216 + b * 65_536 + c * 256 + d;
  return { base: address - (address % size), size };
}

export function formatAddress(address: number): string {
  return `${Math.floor(address / 16_777_216)}.${Math.floor(address / 65_536) % 256}.${Math.floor(address / 256) % 256}.${address % 256}`;
}

/** Hands out addresses; the network's own, the bridge's (.1) and the broadcast address are never given. */
export class AddressPool {
  readonly base: number;
  readonly usable: number;
  // Bits of the addresses in use; grown on first use so that an idle node keeps none.
  private used: Uint32Array | undefined;
  private last = -1;
  inUse = 0;

  constructor(cidr: string) {
    const { base, size } = parseCidr(cidr);
    this.base = base + 2;
    this.usable = size - 3;
  }

  /** The next free address, or undefined when all are taken. */
  take(): number | undefined {
    if (this.inUse >= this.usable) return undefined;
    this.used ??= new Uint32Array(Math.ceil(this.usable / 32));
    let offset = this.last;
    do offset = (offset + 1) % this.usable;
    while (((this.used[offset >>> 5] as number) & (1 << (offset & 31))) !== 0);
    this.used[offset >>> 5] = (this.used[offset >>> 5] as number) | (1 << (offset & 31));
    this.last = offset;
    this.inUse += 1;
    return this.base + offset;
  }

  free(address: number): void {
    const offset = address - this.base;
    if (this.used === undefined || ((this.used[offset >>> 5] as number) & (1 << (offset & 31))) === 0) return;
    this.used[offset >>> 5] = (this.used[offset >>> 5] as number) & ~(1 << (offset & 31));
    this.inUse -= 1;
  }
}
