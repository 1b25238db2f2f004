/** The Warning headers of an answer (apiserver v1.34 pkg/endpoints/filters/warning.go): beyond 4 Ki characters in all each is cut to 256, and the rest go. */

const ALL = 4 * 1024;
const EACH = 256;

export function warningHeaders(warnings: readonly string[]): readonly string[] {
  const characters = warnings.map((text) => [...text]);
  const isTooMuch = characters.reduce((sum, { length }) => sum + length, 0) > ALL;
  let written = 0;
  const headers: string[] = [];
  for (const one of characters) {
    const text = isTooMuch ? one.slice(0, EACH) : one;
    written += text.length;
    if (written > ALL) break;
    // Node takes a header's bytes as characters.
    headers.push(`299 - ${Buffer.from(JSON.stringify(text.join('')), 'utf8').toString('latin1')}`);
  }
  return headers;
}
