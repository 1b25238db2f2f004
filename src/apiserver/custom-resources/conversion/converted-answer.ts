/** An answer whose objects a webhook must bring into the version that was asked for: it leaves when they are. */

import type { Context } from '#sim';
import { isStatus } from '../../cache/filter.ts';
import type { Core, Operation } from '../../core.ts';
import { unconverted } from '../../views/resource-view.ts';

/** False: nothing is to be converted. */
export function awaitsConversion(core: Core, operation: Operation, code: number, object: unknown, ctx: Context): boolean {
  const { view, info } = operation.resource;
  const objects = view === undefined || operation.source === ctx.self ? undefined : unconverted(view, object);
  if (objects === undefined) return false;
  view?.converter?.convert(
    objects,
    info.apiVersion,
    (result, then) => (isStatus(result) ? core.fail(operation, result, then) : core.answer(operation, code, object, then)),
    ctx,
  );
  return true;
}
