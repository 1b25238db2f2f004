/** Why a pod waits, in words. */

import type { NodeClass, PendingStory } from '#experiment';
import { counted, samples, seconds, wrapped } from './explain-text.ts';
import { columns } from './verdict-table.ts';

export function pendingText(story: PendingStory): string[] {
  const { pod, state, since = 0, gate, node, backoffUntil, flushAt, last, wakes } = story;
  if (state === 'placed') return [`pod ${pod} is not pending: placed on ${node} at ${seconds(since)}`];
  if (state === 'gone') return [`pod ${pod} is not pending: it finished or was deleted at ${seconds(since)}`];
  const lines = [`pod ${pod} is pending at the end of the run`];
  if (state === 'gated') lines.push(`  gated since ${seconds(since)} by ${gate?.plugin}: ${gate?.reason}`);
  else if (state === 'unschedulable') lines.push(`  among the unschedulable pods since ${seconds(since)}`);
  else if (state === 'backoff') lines.push(`  backing off since ${seconds(since)}, ready to be tried again`);
  else if (state === 'active') lines.push(`  in the active queue since ${seconds(since)}: its turn has not come`);
  else lines.push('  an attempt or its binding is under way');
  if (last !== undefined) {
    lines.push(`  last refused at ${seconds(last.at)}, attempt ${last.number}:`);
    lines.push(...reasonTable(last.decision?.classes ?? []));
    if (last.message !== undefined) lines.push(...wrapped('FailedScheduling: ', last.message));
    const { preemption } = last;
    if (preemption !== undefined && preemption.node !== '')
      lines.push(`  nominated to ${preemption.node} once these are gone: ${preemption.victims.join(', ')}`);
  }
  if (wakes.length > 0) {
    lines.push('  would be tried again after (where the plugin judges that it may help):');
    lines.push(...columns(wakes.flatMap(wakingRows)).map((line) => `    ${line}`));
  }
  if (backoffUntil !== undefined) lines.push(`  not before its back-off ends at ${seconds(backoffUntil)}`);
  if (flushAt !== undefined) lines.push(`  and without any event about ${seconds(flushAt)}, when it has waited too long`);
  return lines;
}

function reasonTable(classes: readonly NodeClass[]): string[] {
  const refused = classes.filter(({ verdict }) => verdict === 'rejected');
  const rows = refused.map(({ nodes, plugin, reasons = [] }) => [
    counted(nodes.length, 'node'),
    plugin ?? 'PreFilter',
    reasons.join(', '),
    samples(nodes),
  ]);
  return columns(rows).map((line) => `    ${line}`);
}

/** Room for the events of a row. */
const WIDTH = 72;

function wakingRows({ plugin, events }: PendingStory['wakes'][number]): string[][] {
  const rows: string[] = [];
  for (const event of events.length === 0 ? ['any change'] : events) {
    const last = rows.at(-1);
    if (last === undefined || last.length + event.length > WIDTH) rows.push(event);
    else rows[rows.length - 1] = `${last}; ${event}`;
  }
  return rows.map((row, i) => [i === 0 ? plugin : '', row]);
}
