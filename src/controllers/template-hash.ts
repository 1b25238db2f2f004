/** pod-template-hash. Mirrors kubernetes v1.34 pkg/controller/controller_utils.go ComputeHash and apimachinery util/rand SafeEncodeString: FNV-1a (32 bits)
 *  over the template and the collision count. Departure: upstream hashes a Go dump of the struct, we hash its JSON with sorted keys; the letters differ. */

const PRIME = 0x01000193;
/** SafeEncodeString's alphabet: no vowels, nothing that looks alike. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

const foldByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, PRIME);

function foldText(hash: number, text: string): number {
  let next = hash;
  for (let i = 0; i < text.length; i++) next = foldByte(next, text.charCodeAt(i));
  return foldByte(next, 0);
}

function foldValue(hash: number, value: unknown): number {
  if (Array.isArray(value)) {
    let next = foldByte(hash, 1);
    for (const item of value) next = foldValue(next, item);
    return foldByte(next, 2);
  }
  if (typeof value === 'object' && value !== null) {
    let next = foldByte(hash, 3);
    const object = value as Record<string, unknown>;
    for (const key of Object.keys(object).sort()) {
      if (object[key] === undefined) continue;
      next = foldValue(foldText(next, key), object[key]);
    }
    return foldByte(next, 4);
  }
  return foldText(hash, String(value));
}

export function templateHash(template: object, collisionCount: number | undefined): string {
  let hash = foldValue(0x811c9dc5 | 0, template);
  if (collisionCount !== undefined)
    for (let shift = 0; shift < 64; shift += 8) hash = foldByte(hash, shift < 32 ? (collisionCount >>> shift) & 255 : 0);
  let text = '';
  for (const digit of String(hash >>> 0)) text += LETTERS[digit.charCodeAt(0) % LETTERS.length];
  return text;
}
