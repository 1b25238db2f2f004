/** Counts watches that servers refuse because they remember no more what came since (410 as an event: the answer itself is 200, and is counted as such). */

import type { StatusObject, WatchEvents } from '#api';
import type { Message } from '#sim';
import type { Judge } from './tap.ts';

export class ExpiredWatches implements Judge {
  count = 0;

  before(message: Message): void {
    if (message.kind !== 'WatchEvents') return;
    const first = (message as WatchEvents).events[0];
    if (first?.type === 'ERROR' && (first.object as unknown as StatusObject).code === 410) this.count++;
  }
}
