/** Standard base64 as encoding/json reads and writes []byte: bytes of secrets and of binaryData. No platform's own functions: rooms inside simulated time
 *  have none. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 43 || code === 47;
}

/** UTF-8 of a text. */
function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** What stringData becomes. */
export function encodeBase64(text: string): string {
  const bytes = bytesOf(text);
  let result = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    result += LETTERS[a >> 2];
    result += LETTERS[((a & 3) << 4) | ((b ?? 0) >> 4)];
    result += b === undefined ? '=' : LETTERS[((b & 15) << 2) | ((c ?? 0) >> 6)];
    result += c === undefined ? '=' : LETTERS[c & 63];
  }
  return result;
}

/** The bytes as characters of one byte each: enough to look for what is ASCII. */
export function decodeBase64(text: string): string {
  let result = '';
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) continue;
    bits = (bits << 6) | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    result += String.fromCharCode((bits >> held) & 255);
    bits &= (1 << held) - 1;
  }
  return result;
}

/** How many bytes a text holds in base64, or where Go's decoder stops: the offset that its CorruptInputError names. Line ends are passed over. */
export function base64Length(text: string): { readonly bytes: number } | { readonly wrongAt: number } {
  let digits = 0;
  let i = 0;
  for (; i < text.length && text[i] !== '='; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) continue;
    if (!isLetter(code)) return { wrongAt: i };
    digits++;
  }
  const left = digits % 4;
  const whole = ((digits - left) / 4) * 3;
  if (i === text.length) return left === 0 ? { bytes: whole } : { wrongAt: i - left };
  if (left < 2) return { wrongAt: i };
  i = afterLineEnds(text, i + 1);
  if (left === 2) {
    if (i === text.length) return { wrongAt: i };
    if (text[i] !== '=') return { wrongAt: i - 1 };
    i = afterLineEnds(text, i + 1);
  }
  return i < text.length ? { wrongAt: i } : { bytes: whole + left - 1 };
}

function afterLineEnds(text: string, from: number): number {
  let i = from;
  while (text.charCodeAt(i) === LINE_FEED || text.charCodeAt(i) === CARRIAGE_RETURN) i++;
  return i;
}
