/** Is there one order of these concurrent calls, true to real time, that a single etcd could have executed with the same answers?
 *  Wing and Gong's search with Lowe's memo on (calls done, state). etcd tells its revision in every answer, which pins most calls to their
 *  place; a call whose outcome is unknown is tried only where it changes something and no known write claims that revision. */

import type { HistoryOperation } from './history-vector.ts';

export type Verdict = 'ok' | 'illegal' | 'undecided';

export interface Judgement {
  readonly verdict: Verdict;
  /** How many (calls done, state) pairs were seen. */
  readonly states: number;
  /** When illegal: the most calls that could be ordered, and the first call that then could not be. */
  readonly ordered: number;
  readonly stuck: HistoryOperation | undefined;
}

interface KeyState {
  readonly value: string;
  readonly mod: number;
}
interface State {
  readonly revision: number;
  readonly keys: ReadonlyMap<string, KeyState>;
}

/** One end of a call in the list of what happens, in the order of time. */
interface Entry {
  readonly operation: HistoryOperation;
  readonly index: number;
  /** A call's own return; absent on returns and on calls whose outcome is unknown. */
  readonly answer: Entry | undefined;
  readonly isCall: boolean;
  previous: Entry | undefined;
  next: Entry | undefined;
}

const EMPTY: State = { revision: 1, keys: new Map() };

/** Judges a history; gives up after `mostStates` states. */
export function judgeHistory(operations: readonly HistoryOperation[], mostStates = 5_000_000): Judgement {
  let states = 0;
  let ordered = 0;
  for (const part of independentParts(operations)) {
    const judgement = new Search(part, mostStates).run();
    states += judgement.states;
    ordered += judgement.ordered;
    if (judgement.verdict !== 'ok') return { ...judgement, states, ordered };
  }
  return { verdict: 'ok', states, ordered, stuck: undefined };
}

/** Keys are independent only while no answer speaks of revisions, which all keys share. */
function independentParts(operations: readonly HistoryOperation[]): HistoryOperation[][] {
  if (operations.some(({ rev, gm, exp, op }) => rev !== undefined || gm !== undefined || exp !== 0 || op === 'cas'))
    return [[...operations]];
  return [...Map.groupBy(operations, ({ k }) => k).values()];
}

class Search {
  private readonly head: Entry;
  private readonly claimed = new Set<number>();
  /** How many known calls that were answered at a revision are not ordered yet: until there are none the revision may not move on. */
  private readonly pendingAt = new Map<number, number>();
  private readonly bits: Uint32Array;
  private readonly seen = new Set<string>();
  private readonly mostStates: number;
  /** Known calls that are not ordered yet. */
  private left = 0;

  constructor(operations: readonly HistoryOperation[], mostStates: number) {
    this.mostStates = mostStates;
    this.bits = new Uint32Array((operations.length + 31) >> 5);
    this.head = chain(operations);
    for (const operation of operations) {
      if (operation.ret === undefined) continue;
      this.left += 1;
      this.count(operation, 1);
      if (operation.rev !== undefined && (operation.op === 'put' || (operation.op !== 'get' && operation.ok)))
        this.claimed.add(operation.rev);
    }
  }

  run(): Judgement {
    const known = this.left;
    const undo: { entry: Entry; state: State; changes: boolean }[] = [];
    let state = EMPTY;
    let fewest = known;
    let stuck: HistoryOperation | undefined;
    let entry = this.head.next;
    while (this.left > 0) {
      if (this.seen.size > this.mostStates) return { verdict: 'undecided', states: this.seen.size, ordered: known - fewest, stuck };
      if (entry?.isCall) {
        const next = this.after(entry.operation, state);
        if (next !== undefined && this.isNew(entry.index, next)) {
          undo.push({ entry, state, changes: next !== state });
          this.take(entry);
          state = next;
          entry = this.head.next;
        } else entry = entry.next;
        continue;
      }
      // A return whose call is not ordered yet, or the end: the last choice was wrong.
      if (this.left <= fewest) {
        fewest = this.left;
        stuck = entry?.operation ?? stuck;
      }
      let last = undo.pop();
      // A call that fits and changes nothing may always come at once: to have taken it was no choice, and there is nothing else to try in its place.
      while (last !== undefined && !last.changes) {
        this.putBack(last.entry);
        last = undo.pop();
      }
      if (last === undefined) return { verdict: 'illegal', states: this.seen.size, ordered: known - fewest, stuck };
      state = last.state;
      this.putBack(last.entry);
      entry = last.entry.next;
    }
    return { verdict: 'ok', states: this.seen.size, ordered: known, stuck: undefined };
  }

  /** The state after a call that may come next, or none when its answer says that it may not. */
  private after(operation: HistoryOperation, state: State): State | undefined {
    let next: State | undefined;
    if (operation.ret !== undefined) next = step(operation, state);
    else if (!this.claimed.has(state.revision + 1)) next = unknownStep(operation, state);
    if (next === undefined || next.revision === state.revision) return next;
    return this.pendingAt.get(state.revision) ? undefined : next;
  }

  private count({ rev }: HistoryOperation, delta: 1 | -1): void {
    if (rev !== undefined) this.pendingAt.set(rev, (this.pendingAt.get(rev) ?? 0) + delta);
  }

  private isNew(index: number, state: State): boolean {
    const { bits, seen } = this;
    bits[index >> 5] = (bits[index >> 5] as number) | (1 << (index & 31));
    let name = `${state.revision}`;
    for (const [key, { value, mod }] of state.keys) name += `|${key}=${mod}:${value}`;
    name += `#${String.fromCharCode(...new Uint16Array(bits.buffer))}`;
    const fresh = !seen.has(name);
    if (fresh) seen.add(name);
    else bits[index >> 5] = (bits[index >> 5] as number) & ~(1 << (index & 31));
    return fresh;
  }

  private take(entry: Entry): void {
    unlink(entry);
    if (entry.answer === undefined) return;
    unlink(entry.answer);
    this.left -= 1;
    this.count(entry.operation, -1);
  }

  private putBack(entry: Entry): void {
    this.bits[entry.index >> 5] = (this.bits[entry.index >> 5] as number) & ~(1 << (entry.index & 31));
    if (entry.answer !== undefined) {
      link(entry.answer);
      this.left += 1;
      this.count(entry.operation, 1);
    }
    link(entry);
  }
}

function chain(operations: readonly HistoryOperation[]): Entry {
  const ends: { at: number; entry: Entry }[] = [];
  operations.forEach((operation, index) => {
    const answer: Entry = { operation, index, answer: undefined, isCall: false, previous: undefined, next: undefined };
    const known = operation.ret !== undefined;
    const call: Entry = { operation, index, answer: known ? answer : undefined, isCall: true, previous: undefined, next: undefined };
    ends.push({ at: operation.call, entry: call });
    if (known) ends.push({ at: operation.ret as number, entry: answer });
  });
  // At one instant calls come before returns: such calls overlap.
  ends.sort((a, b) => a.at - b.at || Number(b.entry.isCall) - Number(a.entry.isCall) || a.entry.index - b.entry.index);
  const head: Entry = {
    operation: operations[0] as HistoryOperation,
    index: -1,
    answer: undefined,
    isCall: false,
    previous: undefined,
    next: undefined,
  };
  let last = head;
  for (const { entry } of ends) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

function unlink(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry.next;
  if (entry.next !== undefined) entry.next.previous = entry.previous;
}

function link(entry: Entry): void {
  if (entry.previous !== undefined) entry.previous.next = entry;
  if (entry.next !== undefined) entry.next.previous = entry;
}

/** Executes a call whose answer is known; none when etcd would have answered otherwise. */
function step(operation: HistoryOperation, state: State): State | undefined {
  const { op, k, rev, ok } = operation;
  const current = state.keys.get(k);
  const changes = op === 'put' || (op !== 'get' && ok);
  if (rev !== undefined && rev !== state.revision + (changes ? 1 : 0)) return undefined;
  switch (op) {
    case 'get':
      if (!ok) return current === undefined ? state : undefined;
      if (current === undefined || current.value !== operation.gv) return undefined;
      return operation.gm === undefined || operation.gm === current.mod ? state : undefined;
    case 'put':
      return write(state, k, operation.v as string);
    case 'cas':
      if (((current?.mod ?? 0) === operation.exp) !== ok) return undefined;
      return ok ? write(state, k, operation.v as string) : state;
    case 'del':
      if ((current !== undefined) !== ok) return undefined;
      return ok ? remove(state, k) : state;
  }
}

/** Executes a call of unknown outcome where that changes something; where it does not, it may as well be left out. */
function unknownStep(operation: HistoryOperation, state: State): State | undefined {
  const current = state.keys.get(operation.k);
  switch (operation.op) {
    case 'get':
      return undefined;
    case 'put':
      return write(state, operation.k, operation.v as string);
    case 'cas':
      return (current?.mod ?? 0) === operation.exp ? write(state, operation.k, operation.v as string) : undefined;
    case 'del':
      return current === undefined ? undefined : remove(state, operation.k);
  }
}

function write(state: State, key: string, value: string): State {
  const revision = state.revision + 1;
  const keys = new Map(state.keys);
  keys.set(key, { value, mod: revision });
  return { revision, keys };
}

function remove(state: State, key: string): State {
  const keys = new Map(state.keys);
  keys.delete(key);
  return { revision: state.revision + 1, keys };
}
