/** Kubernetes objects between threads, packed by shape: an object's list of keys crosses once and then travels as an id, its values follow. Strings that
 *  repeat and sub-objects that a template shares go as ids too. Key order is kept: digests read it. Members that are undefined are dropped, as JSON does. */

import type { PackReader, PackWriter } from '#sim';
import type { KubeObject } from '../objects.ts';

const UNDEFINED = 0;
const NULL = 1;
const TRUE = 2;
const FALSE = 3;
const INT = 4;
const DOUBLE = 5;
const NAME = 6;
const TEXT = 7;
/** A decimal number as text, as resourceVersion is. */
const DECIMAL = 8;
const ARRAY = 9;
const OBJECT = 10;
const SHARED = 11;
/** As in the version before. */
const SAME = 12;
/** An object, and a list of the same length, told by what differs from the version before. */
const CHANGED = 13;
const CHANGED_ITEMS = 14;

/** Replicas have these from their template by reference; they cross once per content. */
const SHARED_KEYS: ReadonlySet<string> = new Set([
  'affinity',
  'allocatable',
  'annotations',
  'capacity',
  'containers',
  'daemonEndpoints',
  'finalizers',
  'imagePullSecrets',
  'initContainers',
  'labels',
  'managedFields',
  'nodeInfo',
  'nodeSelector',
  'ownerReferences',
  'overhead',
  'readinessGates',
  'securityContext',
  'tolerations',
  'topologySpreadConstraints',
  'volumes',
]);
/** Their strings hardly repeat: interning them would only fill tables. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  'containerID',
  'ip',
  'podIP',
  'renewTime',
  'acquireTime',
  'address',
  'podCIDR',
  'continue',
]);
const DECIMAL_KEYS: ReadonlySet<string> = new Set(['resourceVersion']);
/** Longer strings are messages made for one occasion. */
const NAME_MAX = 64;

type Mode = 0 | 1 | 2 | 3;
const PLAIN_MODE = 0;
const TEXT_MODE = 1;
const DECIMAL_MODE = 2;
const SHARED_MODE = 3;
function modeOf(key: string): Mode {
  if (SHARED_KEYS.has(key)) return SHARED_MODE;
  if (TEXT_KEYS.has(key)) return TEXT_MODE;
  return DECIMAL_KEYS.has(key) ? DECIMAL_MODE : PLAIN_MODE;
}

/** A list of keys: a path in a tree, so that finding an object's shape compares pointers and builds no string. */
class Shape {
  /** The keys, joined: what crosses. */
  readonly text: string;
  readonly keys: readonly string[];
  readonly modes: readonly Mode[];
  readonly hasName: boolean;
  /** One object's own name and uid: interning them would only fill tables. */
  readonly hasIdentity: boolean;
  private readonly children = new Map<string, Shape>();
  // Most shapes go on in one way only.
  private lastKey: string | undefined;
  private lastChild: Shape | undefined;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.modes = keys.map(modeOf);
    this.text = keys.join('\0');
    this.hasName = keys.includes('name');
    this.hasIdentity = keys.includes('name') && keys.includes('uid');
  }

  with(key: string): Shape {
    if (key === this.lastKey) return this.lastChild as Shape;
    let child = this.children.get(key);
    if (child === undefined) this.children.set(key, (child = new Shape([...this.keys, key])));
    this.lastKey = key;
    this.lastChild = child;
    return child;
  }
}

// A memo of this thread's own: it changes nothing but speed.
const root = new Shape([]);
const sameContent = new WeakMap<object, object>();
const byContent = new Map<string, object>();

/** One object for all of equal content, so that what a template does not share by reference crosses once all the same. Serialised once per reference. */
function canonical(value: object): object {
  let known = sameContent.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  known = byContent.get(text);
  if (known === undefined) byContent.set(text, (known = value));
  sameContent.set(value, known);
  return known;
}

function packString(value: string, mode: Mode, out: PackWriter): void {
  if (mode === DECIMAL_MODE && value.length < 16) {
    const number = Number(value);
    if (String(number) === value) {
      out.int(DECIMAL);
      out.number(number);
      return;
    }
  }
  if (mode === TEXT_MODE || value.length > NAME_MAX) {
    out.int(TEXT);
    out.text(value);
  } else {
    out.int(NAME);
    out.name(value);
  }
}

function packNumber(value: number, out: PackWriter): void {
  if (value === (value | 0) && !Object.is(value, -0)) {
    out.int(INT);
    out.int(value);
  } else {
    out.int(DOUBLE);
    out.number(value);
  }
}

// Values on their way out: read once, in the pass that finds the shape. Cleared as they leave, so that nothing stays reachable.
const stack: unknown[] = [];
let top = 0;

/** Puts an object's members on the stack and tells their shape. */
function stacked(value: Readonly<Record<string, unknown>>): Shape {
  let shape = root;
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    shape = shape.with(key);
    stack[top++] = member;
  }
  return shape;
}

function packObject(value: Readonly<Record<string, unknown>>, out: PackWriter): void {
  const base = top;
  const shape = stacked(value);
  out.int(OBJECT);
  out.name(shape.text);
  const { modes } = shape;
  if (shape.hasIdentity || (shape.hasName && isEventName(value['name']))) packOnce(base, shape, out);
  else for (let i = 0; i < modes.length; i++) packMember(stack[base + i], modes[i] as Mode, out);
  while (top > base) stack[--top] = undefined;
}

/** '<object>.<16 hexadecimal digits>': an Event's name and uid occur once and must not fill the tables of names. */
const isEventName = (name: unknown): boolean => typeof name === 'string' && name.length > 17 && name.charCodeAt(name.length - 17) === 46;

function packOnce(base: number, { keys, modes }: Shape, out: PackWriter): void {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    packMember(stack[base + i], key === 'name' || key === 'uid' ? TEXT_MODE : (modes[i] as Mode), out);
  }
}

function packMember(value: unknown, mode: Mode, out: PackWriter): void {
  switch (typeof value) {
    case 'string':
      return packString(value, mode, out);
    case 'number':
      return packNumber(value, out);
    case 'boolean':
      return out.int(value ? TRUE : FALSE);
    case 'object':
      break;
    default:
      return out.int(UNDEFINED);
  }
  if (value === null) return out.int(NULL);
  if (mode === SHARED_MODE) {
    out.int(SHARED);
    return out.shared(canonical(value));
  }
  if (!Array.isArray(value)) return packObject(value as Readonly<Record<string, unknown>>, out);
  out.int(ARRAY);
  out.int(value.length);
  for (const item of value) packMember(item, PLAIN_MODE, out);
}

export function packJson(value: unknown, out: PackWriter): void {
  packMember(value, PLAIN_MODE, out);
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function packChange(before: unknown, now: unknown, mode: Mode, out: PackWriter): void {
  if (before === now) return out.int(SAME);
  if (isPlain(before) && isPlain(now) && mode !== SHARED_MODE) return packChangedObject(before, now, out);
  if (!Array.isArray(before) || !Array.isArray(now) || before.length !== now.length || mode === SHARED_MODE)
    return packMember(now, mode, out);
  out.int(CHANGED_ITEMS);
  out.int(now.length);
  for (let i = 0; i < now.length; i++) packChange(before[i], now[i], PLAIN_MODE, out);
}

function packChangedObject(before: Readonly<Record<string, unknown>>, now: Readonly<Record<string, unknown>>, out: PackWriter): void {
  const base = top;
  const shape = stacked(now);
  out.int(CHANGED);
  out.name(shape.text);
  const { keys, modes } = shape;
  for (let i = 0; i < modes.length; i++) packChange(before[keys[i] as string], stack[base + i], modes[i] as Mode, out);
  while (top > base) stack[--top] = undefined;
}

/** An object of which this direction may have seen a version: then only what changed crosses. Kept under its uid until `isLast`. */
export function packVersion(object: KubeObject, isLast: boolean, out: PackWriter): void {
  const uid = object.metadata?.uid;
  const kept = uid === undefined ? undefined : out.recall(uid);
  if (uid === undefined || (kept === undefined && isLast)) {
    out.int(UNTRACKED);
    return packJson(object, out);
  }
  out.int(isLast ? LAST_VERSION : kept === undefined ? FIRST_VERSION : NEXT_VERSION);
  if (kept === undefined) packJson(object, out);
  else {
    out.int(kept.place);
    packChange(kept.value, object, PLAIN_MODE, out);
  }
  out.keep(uid, isLast ? undefined : object);
}

const UNTRACKED = 0;
const FIRST_VERSION = 1;
const NEXT_VERSION = 2;
const LAST_VERSION = 3;

export function unpackVersion(from: PackReader): KubeObject {
  const what = from.int();
  if (what === UNTRACKED) return unpackJson(from) as KubeObject;
  const place = what === FIRST_VERSION ? -1 : from.int();
  const object = (place < 0 ? unpackJson(from) : unpackChange(from.recall(place), from)) as KubeObject;
  from.keep(place, what === LAST_VERSION ? undefined : object);
  return object;
}

const WHOLE = 0;
const FIRST_HEAD = 1;
const HEAD = 2;

/** An answer's object. One that is a head ({ metadata } alone) is told by what differs from the version of it that this direction saw last, in a watch or
 *  as the first head of it. */
export function packAnswered(object: unknown, out: PackWriter): void {
  const metadata = headMeta(object);
  const uid = metadata?.uid;
  const kept = uid === undefined ? undefined : out.recall(uid);
  if (metadata === undefined || uid === undefined || (kept === undefined && metadata.deletionTimestamp !== undefined)) {
    out.int(WHOLE);
    return packJson(object, out);
  }
  if (kept === undefined) {
    out.int(FIRST_HEAD);
    packJson(object, out);
    return out.keep(uid, object as KubeObject);
  }
  out.int(HEAD);
  out.int(kept.place);
  packChange((kept.value as KubeObject).metadata, metadata, PLAIN_MODE, out);
}

function headMeta(object: unknown): KubeObject['metadata'] | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  for (const key in object) if (key !== 'metadata') return undefined;
  return (object as Partial<KubeObject>).metadata;
}

export function unpackAnswered(from: PackReader): unknown {
  const what = from.int();
  if (what === WHOLE) return unpackJson(from);
  if (what === HEAD) {
    const before = from.recall(from.int()) as KubeObject;
    return { metadata: unpackChange(before.metadata, from) };
  }
  const object = unpackJson(from) as KubeObject;
  from.keep(-1, object);
  return object;
}

function unpackChange(before: unknown, from: PackReader): unknown {
  const code = from.int();
  switch (code) {
    case SAME:
      return before;
    case CHANGED: {
      const { keys, object } = templateOf(from.name());
      const made: Record<string, unknown> = { ...object };
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        made[key] = unpackChange((before as Readonly<Record<string, unknown>>)[key], from);
      }
      return made;
    }
    case CHANGED_ITEMS: {
      const length = from.int();
      const array: unknown[] = [];
      for (let i = 0; i < length; i++) array.push(unpackChange((before as readonly unknown[])[i], from));
      return array;
    }
    default:
      return unpackCoded(code, from);
  }
}

/** A shape as the reader needs it: copying the template gives an object with all keys in one step. */
interface Template {
  readonly keys: readonly string[];
  readonly object: Readonly<Record<string, unknown>>;
}
const templates = new Map<string, Template>();

function templateOf(text: string): Template {
  let template = templates.get(text);
  if (template === undefined) {
    const keys = text === '' ? [] : text.split('\0');
    const object: Record<string, unknown> = {};
    for (const key of keys) object[key] = undefined;
    templates.set(text, (template = { keys, object }));
  }
  return template;
}

export function unpackJson(from: PackReader): unknown {
  return unpackCoded(from.int(), from);
}

function unpackCoded(code: number, from: PackReader): unknown {
  switch (code) {
    case NULL:
      return null;
    case TRUE:
      return true;
    case FALSE:
      return false;
    case INT:
      return from.int();
    case DOUBLE:
      return from.number();
    case NAME:
      return from.name();
    case TEXT:
      return from.text();
    case DECIMAL:
      return String(from.number());
    case ARRAY: {
      const length = from.int();
      const array: unknown[] = [];
      for (let i = 0; i < length; i++) array.push(unpackJson(from));
      return array;
    }
    case OBJECT: {
      const { keys, object } = templateOf(from.name());
      const made: Record<string, unknown> = { ...object };
      for (let i = 0; i < keys.length; i++) made[keys[i] as string] = unpackJson(from);
      return made;
    }
    case SHARED:
      return from.shared<object>();
    default:
      return undefined;
  }
}
