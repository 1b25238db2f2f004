/** CEL's addresses and networks: ip(), isIP(), cidr(), isCIDR() and their methods. Mirrors apiserver v1.34 pkg/cel/library/{ip,cidr}.go and pkg/cel/{ip,cidr}.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { goQuoted } from './go-quoted.ts';
import { type AddressBytes, isFourInSix, maskedTo, parseAddress, parsePrefix, sameBytes, shownAddress } from './net-address.ts';

export class CelIP {
  readonly bytes: AddressBytes;

  constructor(bytes: AddressBytes) {
    this.bytes = bytes;
  }

  static parse(text: string): CelIP {
    let parsed: ReturnType<typeof parseAddress>;
    try {
      parsed = parseAddress(text);
    } catch (error) {
      throw new Error(`IP Address ${goQuoted(text)} parse error during conversion from string: ${(error as Error).message}`);
    }
    if (parsed.zone !== '') throw new Error(`IP address ${goQuoted(text)} with zone value is not allowed`);
    if (isFourInSix(parsed.bytes)) throw new Error(`IPv4-mapped IPv6 address ${goQuoted(text)} is not allowed`);
    return new CelIP(parsed.bytes);
  }

  /** What costs are counted by: bytes. */
  get celSize(): number {
    return this.bytes.length;
  }

  toString(): string {
    return shownAddress(this.bytes);
  }
}

export class CelCIDR {
  readonly bytes: AddressBytes;
  readonly bits: number;

  constructor(bytes: AddressBytes, bits: number) {
    this.bytes = bytes;
    this.bits = bits;
  }

  static parse(text: string): CelCIDR {
    const context = 'network address parse error during conversion from string: ';
    let parsed: ReturnType<typeof parsePrefix>;
    try {
      parsed = parsePrefix(text);
    } catch (error) {
      // Said twice upstream.
      throw new Error(`${context}${context}${(error as Error).message}`);
    }
    if (isFourInSix(parsed.bytes)) throw new Error(`${context}IPv4-mapped IPv6 address ${goQuoted(text)} is not allowed`);
    return new CelCIDR(parsed.bytes, parsed.bits);
  }

  /** The bytes of the prefix alone. */
  get celSize(): number {
    return Math.ceil(this.bits / 8);
  }

  contains(bytes: AddressBytes): boolean {
    return bytes.length === this.bytes.length && sameBytes(maskedTo(bytes, this.bits), maskedTo(this.bytes, this.bits));
  }

  toString(): string {
    return `${shownAddress(this.bytes)}/${this.bits}`;
  }
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

const [IP, CIDR] = ['net.IP', 'net.CIDR'];
const startsWith = ({ bytes }: CelIP, ...first: readonly number[]): boolean => first.every((byte, i) => bytes[i] === byte);
const isFour = ({ bytes }: CelIP): boolean => bytes.length === 4;
const isUnspecified = ({ bytes }: CelIP): boolean => bytes.every((byte) => byte === 0);
const isLoopback = (ip: CelIP): boolean => (isFour(ip) ? ip.bytes[0] === 127 : ip.toString() === '::1');
const isMulticast = (ip: CelIP): boolean => (isFour(ip) ? ((ip.bytes[0] as number) & 0xf0) === 0xe0 : ip.bytes[0] === 0xff);
const isLinkLocalMulticast = (ip: CelIP): boolean =>
  isFour(ip) ? startsWith(ip, 224, 0, 0) : ip.bytes[0] === 0xff && ((ip.bytes[1] as number) & 0x0f) === 2;
const isLinkLocalUnicast = (ip: CelIP): boolean =>
  isFour(ip) ? startsWith(ip, 169, 254) : ip.bytes[0] === 0xfe && ((ip.bytes[1] as number) & 0xc0) === 0x80;
const isGlobalUnicast = (ip: CelIP): boolean =>
  !isUnspecified(ip) &&
  !(isFour(ip) && ip.bytes.every((byte) => byte === 255)) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocalUnicast(ip);

/** A text that is no address makes the call one that nobody has declared; upstream loses the parser's own words here. */
function addressOf(text: string): CelIP {
  try {
    return CelIP.parse(text);
  } catch {
    throw new Error('no such overload');
  }
}
const holds = (outer: CelCIDR, inner: CelCIDR): boolean => outer.bits <= inner.bits && outer.contains(inner.bytes);

/** `ip.isCanonical(...)`: a namespace in cel-go, a constant with a method here. */
class IpFunctions {}

export function registerAddresses(environment: Environment): void {
  environment
    .registerType(IP, { ctor: CelIP as never, fields: {} })
    .registerType('kubernetes.IpFunctions', { ctor: IpFunctions as never, fields: {} })
    .registerConstant('ip', 'kubernetes.IpFunctions', new IpFunctions())
    .registerFunction(`ip(string): ${IP}`, (text: string) => CelIP.parse(text))
    .registerFunction('isIP(string): bool', (text: string) => parses(() => CelIP.parse(text)))
    .registerFunction(
      'kubernetes.IpFunctions.isCanonical(string): bool',
      (_: IpFunctions, text: string) => CelIP.parse(text).toString() === text,
    )
    .registerFunction(`${IP}.family(): int`, (ip: CelIP) => (isFour(ip) ? 4n : 6n))
    .registerFunction(`${IP}.isUnspecified(): bool`, isUnspecified)
    .registerFunction(`${IP}.isLoopback(): bool`, isLoopback)
    .registerFunction(`${IP}.isLinkLocalMulticast(): bool`, isLinkLocalMulticast)
    .registerFunction(`${IP}.isLinkLocalUnicast(): bool`, isLinkLocalUnicast)
    .registerFunction(`${IP}.isGlobalUnicast(): bool`, isGlobalUnicast)
    .registerFunction(`string(${IP}): string`, (ip: CelIP) => ip.toString())
    .registerOperator(`${IP} == ${IP}`, (a: CelIP, b: CelIP) => sameBytes(a.bytes, b.bytes));
  registerNetworks(environment);
}

function registerNetworks(environment: Environment): void {
  environment
    .registerType(CIDR, { ctor: CelCIDR as never, fields: {} })
    .registerFunction(`cidr(string): ${CIDR}`, (text: string) => CelCIDR.parse(text))
    .registerFunction('isCIDR(string): bool', (text: string) => parses(() => CelCIDR.parse(text)))
    .registerFunction(`${CIDR}.containsIP(string): bool`, (net: CelCIDR, text: string) => net.contains(addressOf(text).bytes))
    .registerFunction(`${CIDR}.containsIP(${IP}): bool`, (net: CelCIDR, ip: CelIP) => net.contains(ip.bytes))
    .registerFunction(`${CIDR}.containsCIDR(string): bool`, (net: CelCIDR, text: string) => holds(net, CelCIDR.parse(text)))
    .registerFunction(`${CIDR}.containsCIDR(${CIDR}): bool`, holds)
    .registerFunction(`${CIDR}.ip(): ${IP}`, ({ bytes }: CelCIDR) => new CelIP(bytes))
    .registerFunction(`${CIDR}.masked(): ${CIDR}`, ({ bytes, bits }: CelCIDR) => new CelCIDR(maskedTo(bytes, bits), bits))
    .registerFunction(`${CIDR}.prefixLength(): int`, ({ bits }: CelCIDR) => BigInt(bits))
    .registerFunction(`string(${CIDR}): string`, (net: CelCIDR) => net.toString())
    .registerOperator(`${CIDR} == ${CIDR}`, (a: CelCIDR, b: CelCIDR) => a.bits === b.bits && sameBytes(a.bytes, b.bytes));
}
