/** One watch of a version that a webhook converts: events leave in their order, each batch when all of it is converted. What cannot be converted ends the
 *  watch, as upstream's cacher ends its watchers when it cannot decode. */

import type { KubeObject, WatchEvent } from '#api';
import type { Context, Duration } from '#sim';
import { isStatus } from '../../cache/filter.ts';
import type { Converter } from './converter.ts';

const isPlain = ({ type }: WatchEvent): boolean => type === 'ERROR' || type === 'BOOKMARK';

export class ConvertedStream {
  private readonly converter: Converter;
  private readonly apiVersion: string;
  private readonly waiting: (readonly WatchEvent[])[] = [];
  private isBusy = false;

  constructor(converter: Converter, apiVersion: string) {
    this.converter = converter;
    this.apiVersion = apiVersion;
  }

  /** `write` sends a batch, or ends the watch when there is none. */
  push(
    events: readonly WatchEvent[],
    delay: Duration,
    write: (events: readonly WatchEvent[] | undefined, delay: Duration, ctx: Context) => void,
    ctx: Context,
  ): void {
    this.waiting.push(events);
    if (!this.isBusy) this.next(delay, write, ctx);
  }

  private next(
    delay: Duration,
    write: (events: readonly WatchEvent[] | undefined, delay: Duration, ctx: Context) => void,
    ctx: Context,
  ): void {
    const events = this.waiting.shift();
    if (events === undefined) return;
    this.isBusy = true;
    const objects = events.filter((event) => !isPlain(event)).map(({ object }) => object as KubeObject);
    const at = ctx.now;
    this.converter.convert(
      objects,
      this.apiVersion,
      (result, then) => {
        this.isBusy = false;
        if (isStatus(result)) {
          this.waiting.length = 0;
          return write(undefined, 0, then);
        }
        let i = 0;
        const shown = events.map(
          (event) => (isPlain(event) ? event : { type: event.type, object: result[i++] as KubeObject }) as WatchEvent,
        );
        write(shown, then.now === at ? delay : 0, then);
        this.next(0, write, then);
      },
      ctx,
    );
  }
}
