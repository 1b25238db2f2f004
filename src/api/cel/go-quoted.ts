/** Text as Go's strconv.Quote writes it: what errors of Go's own packages show. */

const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const hex = (point: number, digits: number): string => point.toString(16).padStart(digits, '0');

export function goQuoted(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const point = char.codePointAt(0) as number;
    if (NAMED[char] !== undefined) quoted += NAMED[char];
    else if (point < 0x20 || point === 0x7f) quoted += `\\x${hex(point, 2)}`;
    else if (char !== ' ' && /[\p{C}\p{Z}]/u.test(char)) quoted += point < 0x10000 ? `\\u${hex(point, 4)}` : `\\U${hex(point, 8)}`;
    else quoted += char;
  }
  return `${quoted}"`;
}
