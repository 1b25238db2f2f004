/** Text made safe for HTML: names in a result come from scenarios and traces that anyone may have written. */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** Numbers with their units, which a line break must not part. */
export function unbroken(text: string): string {
  return escapeHtml(text).replaceAll(' ', '\u00a0');
}

/** JSON that may stand inside a script element: nothing in it can close that element or open a comment. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<>\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A table with a head, and cells that are HTML already. The first column names the row. */
export function htmlTable(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? `<th scope="row">${cell}</th>` : `<td data-label="${head[i]}">${cell}</td>`)).join('');
  return `<div class="scroll"><table><caption><span class="caption">${caption}</span></caption><thead><tr>${head.map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table></div>`;
}
