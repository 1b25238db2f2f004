/** scheduler_perf's churn: objects that come (and in 'recreate' go again) every so often until the workload ends. */

import { type KubeObject, resourceForKind } from '#api';
import type { ApiClient } from '#client';
import { type Churn, render } from '#scenario';
import type { Context, Message } from '#sim';
import type { Pending } from './pending.ts';

export interface BenchTick extends Message {
  readonly kind: 'BenchTick';
  readonly what: 'next' | 'poll' | 'sample' | 'churn' | 'pace';
  readonly index: number;
}

interface Made {
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
}

export class BackgroundChurn {
  readonly #operation: Churn;
  readonly #index: number;
  #ticks = 0;
  readonly #made = new Map<string, Made>();

  constructor(operation: Churn, index: number) {
    this.#operation = operation;
    this.#index = index;
  }

  /** create: one of each template, at most `number` times (0: for ever). recreate: `number` slots, created in one pass and deleted in the next. */
  tick(ctx: Context, driver: { readonly client: ApiClient<Pending> }): void {
    const { mode, number, interval, templates } = this.#operation;
    const turn = this.#ticks++;
    if (mode === 'create' && number > 0 && turn >= number) return;
    const slot = mode === 'create' ? turn : turn % number;
    const creates = mode === 'create' || Math.floor(turn / number) % 2 === 0;
    templates.forEach((_, template) => {
      if (creates) this.#create(ctx, driver.client, slot, template);
      else this.#delete(ctx, driver.client, slot, template);
    });
    ctx.after(interval, { kind: 'BenchTick', what: 'churn', index: this.#index } as BenchTick);
  }

  #create(ctx: Context, client: ApiClient<Pending>, slot: number, template: number): void {
    const object = render(this.#operation.templates[template] as Churn['templates'][number], 0, 0) as KubeObject;
    const info = resourceForKind(object.apiVersion ?? '', object.kind ?? '');
    if (info === undefined) return;
    const place = info.namespaced ? { namespace: this.#operation.namespace } : {};
    client.request(
      ctx,
      { verb: 'create', resource: info.resource, ...place, body: object },
      { of: 'churn', index: this.#index, slot, template },
    );
  }

  /** What the server called it. */
  made({ slot, template }: Pending & { readonly of: 'churn' }, object: KubeObject | undefined): void {
    const name = object?.metadata?.name;
    const info = resourceForKind(object?.apiVersion ?? '', object?.kind ?? '');
    if (this.#operation.mode !== 'recreate' || name === undefined || info === undefined) return;
    const namespace = object?.metadata?.namespace;
    this.#made.set(`${slot}/${template}`, { resource: info.resource, name, ...(namespace === undefined ? {} : { namespace }) });
  }

  #delete(ctx: Context, client: ApiClient<Pending>, slot: number, template: number): void {
    const made = this.#made.get(`${slot}/${template}`);
    if (made === undefined) return;
    this.#made.delete(`${slot}/${template}`);
    client.request(ctx, { verb: 'delete', ...made, discardBody: true }, { of: 'background' });
  }
}
