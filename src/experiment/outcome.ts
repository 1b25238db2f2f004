/** What comes back from the shards of a run, whichever way they ran: the engine's outcome, and what it took. */

import type { RunOutcome as EngineOutcome } from '#sim';

export interface RunOutcome extends Omit<EngineOutcome, 'events' | 'messages' | 'windows'> {
  /** The user asked for the end. */
  readonly interrupted: boolean;
  readonly shards: {
    readonly used: number;
    readonly windows: number;
    readonly events: number;
    readonly messages: number;
    readonly barrierSeconds: number;
    readonly meanWindowMs: number;
  };
}
