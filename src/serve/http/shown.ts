/** Answers in the form that was asked for: as they are, as a Table, or as metadata only. */

import type { KubeObject, ListObject, WatchEvent } from '#api';
import {
  asPartialObjectMetadata,
  asPartialObjectMetadataList,
  asTable,
  type IncludeObject,
  type Printer,
  partialEvent,
  printerOf,
  printerOfDefined,
  tableEvent,
} from '#apiserver';
import type { Session } from '../session.ts';
import type { Form } from './accept.ts';
import type { Target } from './api-path.ts';
import { listPieces } from './reply.ts';

export interface Presentation {
  readonly form: Form;
  readonly target: Target;
  readonly includeObject: IncludeObject;
}

const BATCH = 64;

function printer({ resource, info }: Target, session: Session): Printer {
  const { definitions } = session.run.apiServer;
  const defined = info === undefined ? undefined : printerOfDefined(definitions, `${info.plural}.${info.group}`, info.version);
  return defined ?? printerOf(resource);
}

export const isList = (object: unknown): object is ListObject => Array.isArray((object as Partial<ListObject> | undefined)?.items);

function* rows(list: ListObject, { target, includeObject }: Presentation, session: Session): Generator<unknown> {
  const by = printer(target, session);
  for (let from = 0; from < list.items.length; from += BATCH) {
    const part = { ...list, items: list.items.slice(from, from + BATCH) };
    const table = asTable(part, by, { now: session.run.clock, includeObject, noHeaders: true });
    yield* (table as { readonly rows: readonly unknown[] }).rows;
  }
}

/** The pieces of a list. */
export function shownList(list: ListObject, how: Presentation, session: Session): Iterable<string> {
  const { as } = how.form;
  if (as === 'Table') {
    const empty = asTable({ ...list, items: [] }, printer(how.target, session), {
      now: session.run.clock,
      includeObject: how.includeObject,
    });
    const { rows: _rows, ...head } = empty as KubeObject & { readonly rows: unknown };
    return listPieces(head, 'rows', rows(list, how, session));
  }
  const { items, ...head } = as === 'PartialObjectMetadataList' ? asPartialObjectMetadataList(list) : list;
  return listPieces(head, 'items', items);
}

/** One object. */
export function shownObject(object: KubeObject, { form, target, includeObject }: Presentation, session: Session): unknown {
  if (object.kind === 'Status') return object;
  if (form.as === 'Table') return asTable(object, printer(target, session), { now: session.run.clock, includeObject });
  return form.as === 'PartialObjectMetadata' ? asPartialObjectMetadata(object) : object;
}

/** What turns a watch's events into lines; undefined where they go as they are. */
export function eventShower(how: Presentation, session: Session): ((event: WatchEvent) => WatchEvent) | undefined {
  const { form, target, includeObject } = how;
  if (form.as === 'Table') {
    const by = printer(target, session);
    let noHeaders = false;
    return (event) => {
      const shown = tableEvent(event, by, { now: session.run.clock, includeObject, noHeaders });
      noHeaders = true;
      return shown;
    };
  }
  return form.as === 'PartialObjectMetadata' || form.as === 'PartialObjectMetadataList' ? partialEvent : undefined;
}
