/** A client's own metrics, under client-go's names. Mirrors kubernetes v1.34 staging/src/k8s.io/component-base/metrics/prometheus/restclient/metrics.go. */

import type { Verb } from '#api';
import type { Context, Counter, Duration, Histogram } from '#sim';
import { SECOND } from '#sim';

const METHODS: Readonly<Record<Verb, string>> = {
  create: 'POST',
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

export class RequestMetrics {
  // Taken when first needed: a client knows few verbs and codes.
  readonly #counters = new Map<Verb, Map<number, Counter>>();
  #wait: Histogram | undefined;

  begin(ctx: Context): void {
    this.#wait = ctx.record.histogram('rest_client_rate_limiter_duration_seconds');
  }

  /** How long a request waited for the rate limiter. */
  waited(wait: Duration): void {
    this.#wait?.observe(wait / SECOND);
  }

  /** One answer; code 0 when there was none. */
  count(verb: Verb, code: number, ctx: Context): void {
    let byCode = this.#counters.get(verb);
    if (byCode === undefined) this.#counters.set(verb, (byCode = new Map()));
    let counter = byCode.get(code);
    if (counter === undefined) {
      counter = ctx.record.counter('rest_client_requests_total', { code: code === 0 ? '<error>' : String(code), method: METHODS[verb] });
      byCode.set(code, counter);
    }
    counter.add();
  }
}
