/** Plays a recorded sequence of a real etcd on ours and finds the first step that differs in answer, error text or what watchers heard. */

import type { RecordedSequence, RecordedStep } from './conformance-vector.ts';
import { type EtcdCall, EtcdServer } from './server.ts';
import type { StreamMessage } from './watch-service.ts';
import type { Outcome, Wire } from './wire.ts';

/** What a sequence is played on: a single server, or a group of members. */
export interface Subject {
  /** Its Raft term, counted as the recordings count: 2 after the first election, one more for each further one. */
  readonly term: number;
  execute(call: EtcdCall, request: Wire): Outcome;
  /** The lease ends by itself. */
  expireLease(id: number): Outcome;
  /** All its processes are killed and started again on the same data. */
  killRestart(): void;
  takeWatchMessages(): StreamMessage[];
}

/** The first difference of a sequence. */
export interface Difference {
  readonly step: number;
  readonly op: string;
  /** Path, expected and found. */
  readonly detail: string;
}

/** A group of one, without Raft: each restart is an election that it wins. */
export class SingleServer implements Subject {
  term = 2;
  private readonly server = new EtcdServer();
  execute(call: EtcdCall, request: Wire): Outcome {
    return this.server.execute(call, request);
  }
  expireLease(id: number): Outcome {
    return this.server.expire(id);
  }
  killRestart(): void {
    this.server.restart();
    this.term += 1;
  }
  takeWatchMessages(): StreamMessage[] {
    return this.server.takeWatchMessages();
  }
}

export function playSequence(sequence: RecordedSequence, subject: Subject): Difference | undefined {
  for (const step of sequence.ops) {
    let detail: string | undefined;
    try {
      detail = playStep(step, subject);
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
    }
    if (detail !== undefined) return { step: step.i, op: step.op, detail };
  }
  return undefined;
}

function playStep(step: RecordedStep, subject: Subject): string | undefined {
  const outcome = perform(step, subject);
  const heard = subject.takeWatchMessages();
  if (step.err !== undefined) {
    const { err } = outcome;
    const found = err === undefined ? outcome.resp : { code: err.name, n: err.code, msg: err.message };
    return difference('err', { code: step.err.code, n: step.err.n, msg: step.err.msg }, found) ?? compareHeard(step, heard, subject);
  }
  if (outcome.err !== undefined) return `err: expected none, found '${outcome.err.message}'`;
  if (step.resp !== undefined) {
    const wrong = difference('resp', step.resp, mask(step, withTerm(outcome.resp, subject.term)));
    if (wrong !== undefined) return wrong;
  }
  return compareHeard(step, heard, subject);
}

function compareHeard(step: RecordedStep, heard: StreamMessage[], subject: Subject): string | undefined {
  const found = heard.map(({ stream, resp }) => ({ stream, resp: withTerm(resp, subject.term) }));
  return difference('watch', step.watch ?? [], found);
}

function perform(step: RecordedStep, subject: Subject): Outcome {
  const { op, req } = step;
  switch (op) {
    case 'wait_lease_expired':
      return subject.expireLease(req['ID'] as number);
    case 'kill_restart':
      subject.killRestart();
      return {};
    case 'bulk_put':
      for (let i = 0; i < (req['n'] as number); i += 1) {
        const outcome = subject.execute('put', { key: `bulk${i % 5}`, value: `${i}` });
        if (outcome.err !== undefined) return outcome;
      }
      return {};
    default:
      return subject.execute(op as EtcdCall, req);
  }
}

function withTerm(resp: Wire | undefined, term: number): Wire {
  return { ...resp, header: { ...(resp?.['header'] as Wire | undefined), raft_term: term } };
}

/** The recorder hides how many seconds a lease has left. */
function mask(step: RecordedStep, resp: Wire): Wire {
  if (step.op === 'lease_time_to_live' && (resp['TTL'] as number) > 0) return { ...resp, TTL: '$remaining' };
  return resp;
}

/** Path and both sides where two JSON values first differ. */
function difference(path: string, expected: unknown, found: unknown): string | undefined {
  if (expected === found) return undefined;
  if (Array.isArray(expected) && Array.isArray(found)) {
    for (let i = 0; i < Math.max(expected.length, found.length); i += 1) {
      const wrong = difference(`${path}[${i}]`, expected[i], found[i]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  if (isObject(expected) && isObject(found)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const wrong = difference(`${path}.${name}`, expected[name], found[name]);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  return `${path}: expected ${show(expected)}, found ${show(found)}`;
}

function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
