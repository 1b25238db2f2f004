/** Messages: the only thing that passes between hosts. Plain data with a kind; never a closure, never mutated once sent. */

/** What every message is: data whose `kind` names its shape. */
export interface Message {
  readonly kind: string;
}

/** Takes in a message's payload for the run's digest. All writes are order-sensitive. */
export interface Hasher {
  /** Folds in the low 32 bits. */
  int(value: number): void;
  /** Folds in any double, bit for bit. */
  number(value: number): void;
  string(value: string): void;
}

/** Packs a message for another thread: fixed-width fields, interned strings, and MessagePack for what is rare. */
export interface PackWriter {
  /** A signed 32-bit integer. */
  int(value: number): void;
  /** Any double (instants, durations, resource versions). */
  number(value: number): void;
  /** A string that repeats (a name, a namespace, a phase): crosses once, then travels as its id. */
  name(value: string): void;
  /** A string that does not repeat. */
  text(value: string): void;
  /** A value shared by reference by many messages (a pod template): crosses once per distinct reference. Must be deeply immutable. */
  shared(value: object | undefined): void;
  /** Anything else, as MessagePack. */
  value(value: unknown): void;
  /** What went this way last under `key`, or undefined; the reader has it at the same place. */
  recall(key: string): Kept | undefined;
  /** Keeps what goes under `key`, in its place or a new one; with undefined the key is forgotten. Say the same to the reader. */
  keep(key: string, value: object | undefined): void;
}

/** A value that both ends have. */
export interface Kept {
  readonly place: number;
  readonly value: object;
}

/** The mirror of PackWriter: reads in the order in which the fields were written. */
export interface PackReader {
  int(): number;
  number(): number;
  name(): string;
  text(): string;
  shared<T extends object>(): T | undefined;
  value<T>(): T;
  recall(place: number): object | undefined;
  /** `place` -1: a new one. */
  keep(place: number, value: object | undefined): void;
}

/** What the engine must know of one kind of message. */
export interface MessageKind<M extends Message> {
  readonly kind: M['kind'];
  /** Folds the payload into the digest: whatever can change a receiver's behaviour, read cheaply. */
  digest(message: M, hasher: Hasher): void;
  /** Size on the wire, for links that have a bandwidth; 0 when absent. */
  bytes?(message: M): number;
  /** The packed form across threads. Without it the whole message goes as MessagePack. `pack` and `unpack` come together. */
  pack?(message: M, out: PackWriter): void;
  unpack?(from: PackReader): M;
}

// Keyed by kind. Filled while modules load, read-only once a run begins.
const kinds = new Map<string, MessageKind<Message>>();

/** Registers a kind of message; call at module level, once a kind. */
export function messageKind<M extends Message>(spec: MessageKind<M>): MessageKind<M> {
  if (kinds.has(spec.kind)) throw new Error(`message kind '${spec.kind}' is registered twice`);
  kinds.set(spec.kind, spec as unknown as MessageKind<Message>);
  return spec;
}

/** The registered kind, or a throw that names what is missing. */
export function kindOf(kind: string): MessageKind<Message> {
  const found = kinds.get(kind);
  if (found === undefined) throw new Error(`message kind '${kind}' was never registered with messageKind()`);
  return found;
}

/** All registered kinds, sorted by name: the same list on every thread, whatever order modules loaded in. */
export function registeredKinds(): readonly MessageKind<Message>[] {
  return [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** What a host gets from its disk instead of its `done` when nothing more can be written (ENOSPC). */
export const DISK_FULL: Message = { kind: 'DiskFull' };
messageKind({ kind: 'DiskFull', digest() {} });

/** The connection to a host is gone (its process died): what was asked of it fails, its streams end. From whom it comes, that one is meant. */
export interface ConnectionReset extends Message {
  readonly kind: 'ConnectionReset';
}
export const CONNECTION_RESET: ConnectionReset = { kind: 'ConnectionReset' };
messageKind<ConnectionReset>({ kind: 'ConnectionReset', digest() {}, pack() {}, unpack: () => CONNECTION_RESET });

/** Something befalls a machine from outside; what it means is the host's business. */
export interface Incident extends Message {
  readonly kind: 'Incident';
  readonly what: string;
  /** Of what the host has, 0 to 1. */
  readonly share: number;
}
export const incident = (what: string, share = 1): Incident => ({ kind: 'Incident', what, share });
messageKind<Incident>({
  kind: 'Incident',
  digest({ what, share }, hasher) {
    hasher.string(what);
    hasher.number(share);
  },
});
