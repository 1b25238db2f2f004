/** createPods with a steady state: whenever all pods of a batch are scheduled they are deleted, and as many come again, until the time is over.
 *  Mirrors kubernetes v1.34 test/integration/scheduler_perf/scheduler_perf.go (createPodsSteadily). */

import type { Pod } from '#api';
import type { ApiClient, InformerEvent } from '#client';
import type { CreatePods } from '#scenario';
import type { Context, Instant } from '#sim';
import { podsOf } from './objects.ts';
import type { Pending } from './pending.ts';

export class SteadyPods {
  readonly #client: ApiClient<Pending>;
  #operation: CreatePods | undefined;
  #until: Instant = 0;
  #scheduled = 0;

  constructor(client: ApiClient<Pending>) {
    this.#client = client;
  }

  begin(operation: CreatePods, ctx: Context): void {
    this.#operation = operation;
    this.#until = ctx.now + operation.duration;
    this.#scheduled = 0;
    this.nextBatch(ctx);
  }

  /** The last batch is gone. */
  nextBatch(ctx: Context): void {
    const operation = this.#operation;
    if (operation === undefined || ctx.now >= this.#until) return;
    for (let index = 0; index < operation.count; index++)
      for (const body of podsOf(operation, index)) {
        const { namespace } = operation;
        this.#client.request(ctx, { verb: 'create', resource: 'pods', namespace, body, discardBody: true }, { of: 'background' });
      }
  }

  see({ type, object: pod, previous }: InformerEvent<Pod>, ctx: Context): void {
    const operation = this.#operation;
    if (operation === undefined || type === 'delete' || ctx.now >= this.#until) return;
    const isScheduled = (pod.spec?.nodeName ?? '') !== '' && (previous?.spec?.nodeName ?? '') === '';
    if (!isScheduled || pod.metadata?.namespace !== operation.namespace) return;
    if (++this.#scheduled % operation.count > 0) return;
    const options = { gracePeriodSeconds: 0, propagationPolicy: 'Background' } as const;
    const { namespace } = operation;
    this.#client.request(ctx, { verb: 'deletecollection', resource: 'pods', namespace, options, discardBody: true }, { of: 'steady' });
  }
}
