/** Kubernetes Events in the order of time: JSON Lines, or a table as `kubectl get events` prints it, with times instead of ages. */

import type { KubeObject } from '#api';
import type { ObjectChange } from './object-change.ts';

interface EventObject extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

/** One line an occurrence: an Event that is counted up stands there each time. */
export function eventsOf(changes: Iterable<ObjectChange>, isTable: boolean): { readonly text: string; readonly events: number } {
  const rows = [...changes].filter(({ type, object }) => object.kind === 'Event' && type !== 'DELETED');
  if (!isTable) return { text: rows.map(({ object }) => `${JSON.stringify(object)}\n`).join(''), events: rows.length };
  const cells = rows.map(({ seconds, object }) => {
    const { metadata, type = '', reason = '', message = '', involvedObject } = object as EventObject;
    const about = `${(involvedObject?.kind ?? '').toLowerCase()}/${involvedObject?.name ?? ''}`;
    return [new Date(seconds * 1000).toISOString(), metadata?.namespace ?? '', type, reason, about, message.replaceAll('\n', ' ')];
  });
  const table = [['TIME', 'NAMESPACE', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => table.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0));
  return {
    text: table
      .map(
        (row) =>
          `${row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
      )
      .join(''),
    events: rows.length,
  };
}
