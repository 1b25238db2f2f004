/** Names and uids that the server makes up, drawn from the request's cause and not from the instance that happened to serve it. */

import { type Chance, hashText, purpose } from '#sim';

const UID = purpose('apiserver/uid');
const SUFFIX = purpose('apiserver/generate-name');

/** util/rand's alphabet: no vowels, nothing that looks like something else. */
export const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
/** names.SimpleNameGenerator: 63 characters less the suffix. */
const BASE_LENGTH_MAX = 58;

// Users are few; their hashes are asked for with every create.
const users = new Map<string, number>();
export function hashUser(user: string): number {
  let hash = users.get(user);
  if (hash === undefined) {
    hash = hashText(user);
    users.set(user, hash);
  }
  return hash;
}

const HEX: string[] = [];
for (let i = 0; i < 65_536; i++) HEX.push((i + 65_536).toString(16).slice(1));
const hex = (bits: number): string => HEX[bits & 0xffff] as string;

function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ (b >>> 15), 0x85ebca6b) ^ b;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A version-4 UUID. `when` keeps a restarted client, whose request ids begin again, from getting its old uids; the object's name keeps two
 *  clients of one user apart. */
export function drawUid(chance: Chance, user: string, request: number, when: number, name: string): string {
  const key = hashUser(user) ^ hashText(name);
  const a = (chance.uniform(UID, key, request, when) * 4_294_967_296) >>> 0;
  const b = (chance.uniform(UID, key, request, -1 - when) * 4_294_967_296) >>> 0;
  // 64 drawn bits tell objects apart; the other half is mixed from them.
  const c = mixed(a, b);
  const d = mixed(b, c);
  const uid = `${hex(a >>> 16)}${hex(a)}-${hex(b >>> 16)}-${hex((b & 0x0fff) | 0x4000)}-${hex(((c >>> 16) & 0x3fff) | 0x8000)}-${hex(c)}${hex(d >>> 16)}${hex(d)}`;
  // Reading a character makes one flat string of the pieces; as a tree of pieces a uid would keep five times its size for as long as its object lives.
  uid.charCodeAt(0);
  return uid;
}

/** generateName plus five characters. `attempt` counts the collisions met. */
export function drawName(chance: Chance, base: string, user: string, request: number, attempt: number): string {
  const trimmed = base.length > BASE_LENGTH_MAX ? base.slice(0, BASE_LENGTH_MAX) : base;
  let draw = Math.floor(chance.uniform(SUFFIX, hashUser(user) ^ hashText(base), request, attempt) * 14_348_907);
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i++) {
    suffix += SUFFIX_ALPHABET[draw % 27];
    draw = Math.floor(draw / 27);
  }
  return trimmed + suffix;
}
