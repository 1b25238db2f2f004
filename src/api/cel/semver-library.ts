/** CEL's semantic versions: semver(), isSemver() and their methods. Mirrors apiserver v1.34 pkg/cel/library/semverlib.go, which follows semver.org 2.0.0. */

import type { Environment } from '@marcbachmann/cel-js';

const NUMERIC = '0|[1-9]\\d*';
const PRERELEASE = `(?:${NUMERIC}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const SEMVER = new RegExp(
  `^(${NUMERIC})\\.(${NUMERIC})\\.(${NUMERIC})(?:-(${PRERELEASE}(?:\\.${PRERELEASE})*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$`,
);

export const isSemver = (text: string): boolean => SEMVER.test(text);

export class CelSemver {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: readonly string[];

  constructor(major: bigint, minor: bigint, patch: bigint, prerelease: readonly string[]) {
    this.major = major;
    this.minor = minor;
    this.patch = patch;
    this.prerelease = prerelease;
  }

  static parse(text: string): CelSemver {
    const match = SEMVER.exec(text);
    if (match === null) throw new Error(whyRefused(text));
    const [, major = '0', minor = '0', patch = '0', prerelease] = match;
    return new CelSemver(BigInt(major), BigInt(minor), BigInt(patch), prerelease === undefined ? [] : prerelease.split('.'));
  }
}

/** blang/semver's words for what is no version. */
function whyRefused(text: string): string {
  if (text === '') return 'Version string empty';
  const parts = text.split('.');
  if (parts.length < 3) return 'No Major.Minor.Patch elements found';
  for (const [i, name] of ['Major', 'Minor'].entries()) {
    const part = parts[i] as string;
    if (!/^\d+$/.test(part)) return `Invalid character(s) found in ${name.toLowerCase()} number "${part}"`;
    if (part.length > 1 && part.startsWith('0')) return `${name} number must not contain leading zeroes "${part}"`;
  }
  const rest = parts.slice(2).join('.');
  const [before = '', ...builds] = rest.split('+');
  const dash = before.indexOf('-');
  const patch = dash < 0 ? before : before.slice(0, dash);
  if (!/^\d+$/.test(patch)) return `Invalid character(s) found in patch number "${patch}"`;
  if (patch.length > 1 && patch.startsWith('0')) return `Patch number must not contain leading zeroes "${patch}"`;
  for (const one of dash < 0 ? [] : before.slice(dash + 1).split('.')) {
    if (one === '') return 'Prerelease is empty';
    if (/^0\d+$/.test(one)) return `Numeric PreRelease version must not contain leading zeroes "${one}"`;
    if (!/^[0-9A-Za-z-]+$/.test(one)) return `Invalid character(s) found in prerelease "${one}"`;
  }
  const bad = builds
    .join('+')
    .split('.')
    .find((one) => !/^[0-9A-Za-z-]+$/.test(one));
  return bad === undefined || bad === '' ? 'Build meta data is empty' : `Invalid character(s) found in build meta data "${bad}"`;
}

/** What `semver(text, true)` does first: no leading v, no leading zeros, two missing parts filled in. */
function normalized(text: string): string {
  const bare = text.startsWith('v') ? text.slice(1) : text;
  const end = bare.search(/[-+]/);
  const core = end < 0 ? bare : bare.slice(0, end);
  const parts = core.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + (end < 0 ? '' : bare.slice(end));
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return order(BigInt(b.length), BigInt(a.length));
  for (let i = 0; i < a.length && i < b.length; i++) {
    const left = a[i] as string;
    const right = b[i] as string;
    if (left === right) continue;
    const isLeftNumber = /^\d+$/.test(left);
    const isRightNumber = /^\d+$/.test(right);
    if (isLeftNumber && isRightNumber) return order(BigInt(left), BigInt(right));
    // Numbers come before words.
    if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return order(BigInt(a.length), BigInt(b.length));
}

export function compareSemver(a: CelSemver, b: CelSemver): number {
  return order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch) || comparePrerelease(a.prerelease, b.prerelease);
}

const TYPE = 'kubernetes.Semver';

export function registerSemvers(environment: Environment): void {
  environment
    .registerType(TYPE, { ctor: CelSemver as never, fields: {} })
    .registerFunction(`semver(string): ${TYPE}`, (text: string) => CelSemver.parse(text))
    .registerFunction(`semver(string, bool): ${TYPE}`, (text: string, lax: boolean) => CelSemver.parse(lax ? normalized(text) : text))
    .registerFunction('isSemver(string): bool', (text: string) => isSemver(text))
    .registerFunction('isSemver(string, bool): bool', (text: string, lax: boolean) => isSemver(lax ? normalized(text) : text))
    .registerFunction(`${TYPE}.major(): int`, (v: CelSemver) => v.major)
    .registerFunction(`${TYPE}.minor(): int`, (v: CelSemver) => v.minor)
    .registerFunction(`${TYPE}.patch(): int`, (v: CelSemver) => v.patch)
    .registerFunction(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: CelSemver, b: CelSemver) => compareSemver(a, b) > 0)
    .registerFunction(`${TYPE}.isLessThan(${TYPE}): bool`, (a: CelSemver, b: CelSemver) => compareSemver(a, b) < 0)
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, (a: CelSemver, b: CelSemver) => BigInt(compareSemver(a, b)))
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelSemver, b: CelSemver) => compareSemver(a, b) === 0);
}
