/** Events of a scheduler with several profiles: each writes under its own name. Mirrors kube-scheduler v1.34 profile/profile.go (NewRecorderFactory). */

import type { KubeObject, Pod } from '#api';
import { EventRecorder, type Lane } from '#client';
import type { Context } from '#sim';

class ProfileEvents extends EventRecorder {
  readonly #others: ReadonlyMap<string, EventRecorder>;

  constructor(client: never, lane: Lane, first: string, others: readonly string[]) {
    super(client, lane, first);
    this.#others = new Map(others.map((name) => [name, new EventRecorder(client, lane, name)]));
  }

  /** A pod's profile is the one that it asks for. A victim's event is written by whoever evicts it, which here is taken to be its own profile. */
  override event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): void {
    const other = this.#others.get((object as Pod).spec?.schedulerName ?? 'default-scheduler');
    if (other === undefined) super.event(object, type, reason, message, ctx);
    else other.event(object, type, reason, message, ctx);
  }
}

export function profileEvents(client: never, lane: Lane, profiles: readonly string[]): EventRecorder {
  const [first = 'default-scheduler', ...others] = profiles;
  return others.length === 0 ? new EventRecorder(client, lane, first) : new ProfileEvents(client, lane, first, others);
}
