/** How a message is laid out, read out of one line of src/serve/protobuf/messages when the message first arrives. A line lists the fields in the order
 *  of Go's struct, each as `number name type`. A name that ends in `?` is left out of JSON while it has the zero value of its type (`omitempty`), the
 *  name `...` puts the fields of the inner message beside ours (`inline`). A type is a scalar, a special type, or a message (with its package where
 *  that is another one); `*T` may be absent, `[]T` is a list, `{}T` a map whose keys are text. */

import { PACKAGES } from './messages/packages.ts';
import { isSpecial } from './special-types.ts';

export type Scalar = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'float64';

export type FieldType =
  | { readonly sort: 'scalar'; readonly scalar: Scalar }
  | { readonly sort: 'special'; readonly name: string }
  | { readonly sort: 'message'; readonly message: () => Description };

export interface Field {
  readonly number: number;
  /** '' when inline. */
  readonly name: string;
  readonly omitsZero: boolean;
  readonly shape: 'value' | 'pointer' | 'list' | 'map';
  readonly type: FieldType;
}

export interface Description {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Places in `fields` by number. */
  readonly places: ReadonlyMap<number, number>;
}

const SCALARS: ReadonlySet<string> = new Set<Scalar>(['string', 'bytes', 'bool', 'int32', 'int64', 'float64']);
const SHAPES: Readonly<Record<string, Field['shape']>> = { '*': 'pointer', '[': 'list', '{': 'map' };
const known = new Map<string, Description>();

function fieldType(text: string, inPackage: string): FieldType {
  if (SCALARS.has(text)) return { sort: 'scalar', scalar: text as Scalar };
  if (isSpecial(text)) return { sort: 'special', name: text };
  const name = text.includes('.') ? text : `${inPackage}.${text}`;
  return { sort: 'message', message: () => describe(name) };
}

function field(text: string, inPackage: string): Field {
  const [number, name, type] = text.split(' ') as [string, string, string];
  const shape = SHAPES[type[0] as string] ?? 'value';
  return {
    number: Number(number),
    name: name === '...' ? '' : name.replace(/\?$/, ''),
    omitsZero: name.endsWith('?'),
    shape,
    type: fieldType(type.slice(shape === 'value' ? 0 : shape === 'pointer' ? 1 : 2), inPackage),
  };
}

/** The message 'core/v1.Pod'. */
export function describe(name: string): Description {
  let found = known.get(name);
  if (found !== undefined) return found;
  const dot = name.lastIndexOf('.');
  const inPackage = name.slice(0, dot);
  const line = PACKAGES[inPackage]?.[name.slice(dot + 1)];
  if (line === undefined) throw new Error(`no message ${name} is described`);
  const fields = line === '' ? [] : line.split(', ').map((text) => field(text, inPackage));
  found = { name: name.slice(dot + 1), fields, places: new Map(fields.map(({ number }, place) => [number, place])) };
  known.set(name, found);
  return found;
}
