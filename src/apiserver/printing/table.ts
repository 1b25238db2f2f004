/** Answers in the form that clients ask for by `Accept: ...;as=Table` and `;as=PartialObjectMetadata`: pure functions from the object, list or
 *  watch event of an answer. Mirrors apiserver v1.34 pkg/endpoints/handlers/response.go and apimachinery pkg/api/meta/help.go. */

import type { KubeObject, ListObject, ObjectMeta, WatchEvent } from '#api';
import type { Cell, Column, Printer, RowCondition } from './printer.ts';

const META = 'meta.k8s.io/v1';

/** What of the object comes along with its row (?includeObject=). */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata';
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: KubeObject | PartialObjectMetadata | null;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly columnDefinitions?: readonly Column[];
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  /** Microseconds since the epoch, for ages. */
  readonly now: number;
  readonly includeObject?: IncludeObject;
  /** Without column definitions: every message of a watch but the first. */
  readonly noHeaders?: boolean;
}

const isList = (object: KubeObject | ListObject): object is ListObject => Array.isArray((object as Partial<ListObject>).items);
const isStatus = (object: KubeObject | ListObject): boolean => object.kind === 'Status';

export const asPartialObjectMetadata = (object: KubeObject): PartialObjectMetadata => ({
  kind: 'PartialObjectMetadata',
  apiVersion: META,
  metadata: object.metadata ?? {},
});

export const asPartialObjectMetadataList = (list: ListObject): ListObject => ({
  kind: 'PartialObjectMetadataList',
  apiVersion: META,
  metadata: list.metadata,
  items: list.items.map(asPartialObjectMetadata),
});

function rowOf(printer: Printer, object: KubeObject, { now, includeObject = 'Metadata' }: TableOptions): TableRow {
  const conditions = printer.conditions?.(object);
  const shown = includeObject === 'Object' ? object : includeObject === 'None' ? null : asPartialObjectMetadata(object);
  return { cells: printer.cells(object, now), ...(conditions === undefined ? {} : { conditions }), object: shown };
}

/** An object or a list as a table. A Status stays what it is. */
export function asTable(answer: KubeObject | ListObject, printer: Printer, options: TableOptions): Table | KubeObject {
  if (isStatus(answer)) return answer as KubeObject;
  const { resourceVersion, continue: token, remainingItemCount } = (answer as ListObject).metadata ?? {};
  const objects = isList(answer) ? answer.items : [answer as KubeObject];
  return {
    kind: 'Table',
    apiVersion: META,
    metadata: {
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(token === undefined ? {} : { continue: token }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    },
    ...(options.noHeaders ? {} : { columnDefinitions: printer.columns }),
    rows: objects.map((object) => rowOf(printer, object, options)),
  };
}

/** One event of a watch whose client wants tables: a table of one row. Errors stay. */
export const tableEvent = (event: WatchEvent, printer: Printer, options: TableOptions): WatchEvent<KubeObject> => ({
  type: event.type,
  object: asTable(event.object, printer, options) as KubeObject,
});

/** One event of a watch whose client wants metadata only. */
export const partialEvent = (event: WatchEvent): WatchEvent<KubeObject> => ({
  type: event.type,
  object: isStatus(event.object) ? event.object : (asPartialObjectMetadata(event.object) as KubeObject),
});
