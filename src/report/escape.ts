/** Text made safe for the forms that are no HTML: names in a result come from scenarios and traces that anyone may have written. */

/** A field of CSV (RFC 4180). A leading =, +, - or @ would be a formula to a spreadsheet. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** For XML 1.0: escaped, and without the control characters that it cannot hold. */
export function xmlText(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const legal = Array.from(text).filter((character) => character >= ' ' || character === '\n' || character === '\t');
  return legal.join('').replace(/[&<>"]/g, (character) => entities[character] as string);
}

/** A cell of a Markdown table: one line that ends no cell, opens no element and makes no link. */
export function markdownCell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_[\]<>&]/g, (character) => `\\${character}`);
}

/** Labels of Prometheus' text format, in braces. */
export function prometheusLabels(labels: readonly (readonly [name: string, text: string])[]): string {
  if (labels.length === 0) return '';
  const pairs = labels.map(([name, text]) => `${name}="${text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`);
  return `{${pairs.join(',')}}`;
}
