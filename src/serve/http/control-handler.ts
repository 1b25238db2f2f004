/** /wavetank/...: what Kubernetes has no word for. Time, faults, snapshots and what a live page wants to know; `wavetank ctl` speaks it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseSource, UserError } from '#scenario';
import { SECOND } from '#sim';
import type { Speed } from '../driver.ts';
import type { LiveEvents } from '../live-events.ts';
import { podWay } from '../pod-story.ts';
import type { Session } from '../session.ts';
import { SnapshotError } from '../snapshot.ts';
import type { StruckFault } from '../struck-faults.ts';
import { parseJson, readBody } from './body.ts';
import { HttpFailure, malformed, notNow, unknownPath, wrongMethod } from './failures.ts';
import { sendObject } from './reply.ts';

export interface ControlCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly session: Session;
  readonly live: LiveEvents;
}

const SNAPSHOT_BYTES = 512 * 1024 * 1024;
const LONGEST_STEP = 365 * 86_400;

export interface Status {
  readonly scenario: string;
  readonly seed: number;
  readonly paused: boolean;
  readonly speed: Speed;
  /** Seconds since the cluster's beginning. */
  readonly simulatedSeconds: number;
  /** The cluster's own clock. */
  readonly time: string;
  /** Simulated seconds that this machine was too slow for. */
  readonly behindSeconds: number;
  readonly events: number;
  readonly nodes: number;
  readonly openRequests: number;
  readonly canBeSaved: boolean;
  /** Faults that were struck from outside, the latest last. */
  readonly faults: readonly StruckFault[];
}

export function statusOf({ run, driver, gate, options, struck }: Session): Status {
  return {
    scenario: options.scenario.name,
    seed: options.seed,
    paused: driver.isPaused,
    speed: driver.pace,
    simulatedSeconds: run.now / SECOND,
    time: new Date(run.clock / 1000).toISOString(),
    behindSeconds: Math.round(driver.behindSeconds * 10) / 10,
    events: run.events,
    nodes: run.built.topology.nodes.length,
    openRequests: gate.size,
    canBeSaved: run.inputs !== undefined,
    faults: struck.all,
  };
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (!isMap(value)) throw new HttpFailure(malformed('expected a JSON object'));
  return value;
}

function speedOf(value: unknown): Speed {
  if (value === 'max') return 'max';
  const speed = Number(value);
  if ((typeof value !== 'number' && typeof value !== 'string') || !(speed > 0 && speed <= 1000))
    throw new HttpFailure(
      malformed(`'speed': expected 'max' or a number above 0 and up to 1000, found ${JSON.stringify(value)?.slice(0, 60)}`),
    );
  return speed;
}

function secondsOf(value: unknown): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(String(value ?? '1s'));
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 }[found?.[2] ?? 's'] as number;
  const seconds = Number(found?.[1]) * unit;
  if (!(seconds > 0 && seconds <= LONGEST_STEP))
    throw new HttpFailure(malformed(`'by': expected a duration such as 500ms, 10s or 5m, found ${JSON.stringify(value)?.slice(0, 60)}`));
  return seconds;
}

function numberOf(value: unknown): number {
  const found = Number(value);
  if ((typeof value !== 'number' && typeof value !== 'string') || !Number.isSafeInteger(found) || found < 1)
    throw new HttpFailure(malformed(`'fault': expected the number of a fault, found ${JSON.stringify(value)?.slice(0, 60)}`));
  return found;
}

/** A fault as the scenario's YAML has it, in text, or as JSON. */
function faultOf(body: Buffer, type: string): unknown {
  const text = body.toString();
  if (type !== 'application/yaml' && type !== 'text/plain') {
    const { fault } = fieldsOf(parseJson(body));
    return typeof fault === 'string' ? parseSource(fault, 'fault').value : fault;
  }
  return parseSource(text, 'fault').value;
}

/** What it answers goes with the status. */
type Action = (call: ControlCall, body: Buffer) => unknown;

const ACTIONS: Readonly<Record<string, Action>> = {
  pause: ({ session }) => session.driver.pause(),
  resume: ({ session }) => session.driver.resume(),
  speed: ({ session }, body) => session.driver.setSpeed(speedOf(fieldsOf(given(body))['speed'])),
  step: ({ session }, body) => session.driver.step(Math.round(secondsOf(fieldsOf(given(body))['by']) * SECOND)),
  faults: ({ session, request }, body) => {
    const struck = session.inject(faultOf(body, request.headers['content-type']?.split(';', 1)[0] ?? ''));
    return { struck };
  },
  undo: ({ session }, body) => ({ undone: session.undo(numberOf(fieldsOf(given(body))['fault'])) }),
  load: async ({ session }, body) => {
    await session.load(parseJson(body));
  },
};

const given = (body: Buffer): unknown => (body.length === 0 ? undefined : parseJson(body));

/** False: no such path. */
export async function handleControl(call: ControlCall): Promise<boolean> {
  const { request, response, url, session, live } = call;
  const path = url.pathname.replace(/^\/wavetank\/?/, '');
  if (request.method === 'GET') {
    if (path === 'status' || path === '') await sendObject(request, response, 200, statusOf(session));
    else if (path === 'snapshot') await sendObject(request, response, 200, saved(session));
    else if (path === 'events') await live.stream(response);
    else if (path === 'pods') await sendObject(request, response, 200, { pods: live.find(url.searchParams.get('match') ?? '') });
    else if (path === 'pod') await sendObject(request, response, 200, podWay(session.run, url.searchParams.get('pod') ?? ''));
    else return false;
    return true;
  }
  const action = Object.hasOwn(ACTIONS, path) ? ACTIONS[path] : undefined;
  if (action === undefined) throw new HttpFailure(unknownPath());
  if (request.method !== 'POST') throw new HttpFailure(wrongMethod());
  const body = await readBody(request, path === 'load' ? SNAPSHOT_BYTES : undefined);
  let more: unknown;
  try {
    if (session.isLoading) throw new HttpFailure(notNow('a snapshot is being loaded'));
    more = await action(call, body);
  } catch (error) {
    if (error instanceof UserError || error instanceof SnapshotError) throw new HttpFailure(malformed(error.message));
    throw error;
  }
  await sendObject(request, response, 200, { ...statusOf(session), ...(typeof more === 'object' ? more : {}) });
  return true;
}

function saved(session: Session): object {
  try {
    return session.save();
  } catch (error) {
    throw error instanceof SnapshotError ? new HttpFailure(malformed(error.message)) : error;
  }
}
