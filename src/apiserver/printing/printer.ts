/** What a kind's rows in `kubectl get` are made of. Mirrors Kubernetes v1.34 pkg/printers (TableHandler) and meta/v1 TableColumnDefinition. */

import type { KubeObject } from '#api';
import { since } from './human-duration.ts';

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format: string;
  readonly description: string;
  /** 0: always shown; 1: with -o wide. */
  readonly priority: number;
}

export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

export interface Printer<T extends KubeObject = KubeObject> {
  readonly columns: readonly Column[];
  /** One cell a column. `now`: microseconds since the epoch. */
  cells(object: T, now: number): readonly Cell[];
  /** Marks a row as of something that has ended. */
  conditions?(object: T): readonly RowCondition[] | undefined;
}

const column = (name: string, type: Column['type'], priority: number, format = ''): Column => ({
  name,
  type,
  format,
  description: '',
  priority,
});

export const text = (name: string): Column => column(name, 'string', 0);
export const integer = (name: string): Column => column(name, 'integer', 0);
export const flag = (name: string): Column => column(name, 'boolean', 0);
/** Shown with -o wide only. */
export const wide = (name: string): Column => column(name, 'string', 1);
export const NAME = column('Name', 'string', 0, 'name');
export const WIDE_NAME = column('Name', 'string', 1, 'name');
export const AGE = text('Age');
export const CREATED_AT = column('Created At', 'date', 0);

export const nameOf = (object: KubeObject): string => object.metadata?.name ?? '';
export const ageOf = (object: KubeObject, now: number): string => since(object.metadata?.creationTimestamp, now);

/** Widens a kind's own printer to one of any object: the registry knows which kind it is given. */
export const printer = <T extends KubeObject>(own: Printer<T>): Printer => own as unknown as Printer;
