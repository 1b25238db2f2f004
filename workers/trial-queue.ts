/** Trials through BullMQ on a Redis: who has a study puts its trials there, whoever runs `wavetank worker` takes them. A worker that is killed stops
 *  renewing its lock, and its trial goes to another; an answer from somebody whose lock is gone is refused. So each trial is answered once. */

import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import { recordOf, type TrialAnswer, TrialCrash, type TrialExecutor, type TrialRecord, type TrialSpec, withWholePaths } from '#experiment';
import { openRedis } from './redis-door.ts';

/** A trial as it lies in the queue. */
export interface QueuedTrial {
  readonly spec: TrialSpec;
  /** Who asked: there is a key of this name for as long as he is there. */
  readonly asker: string;
}

/** Only equal versions understand each other. */
export const queueName = (version: string): string => `wavetank-trials-${version}`;

/** An asker renews his key every few seconds; workers leave the trials of one who is gone. */
export const ASKER_SECONDS = 20;
const RENEW_MS = 5_000;
/** A worker may be killed so often over one trial before the trial is blamed. */
export const MOST_STALLS = 3;
/** Trials in the queue at a time. */
const WIDTH = 256;
const HOUR = 3_600;

export interface TrialQueueOptions {
  readonly url: string;
  readonly version: string;
  /** Told when a trial's worker died and the trial waits again. */
  readonly onStalled?: () => void;
  /** Told when nobody takes trials from this queue. */
  readonly onAlone?: () => void;
}

export async function trialQueue({ url, version, onStalled, onAlone }: TrialQueueOptions): Promise<TrialExecutor> {
  const door = await openRedis(url);
  const { Queue, QueueEvents } = door.bullmq;
  const asker = `wavetank-asker-${randomUUID()}`;
  const own = door.connect();
  const alive = (): Promise<unknown> => own.set(asker, '1', 'EX', ASKER_SECONDS).catch(() => {});
  await alive();
  const timer = setInterval(alive, RENEW_MS);
  const queue = new Queue<QueuedTrial, TrialAnswer>(queueName(version), { connection: door.connect() });
  const events = new QueueEvents(queueName(version), { connection: door.connect() });
  events.setMaxListeners(0);
  queue.setMaxListeners(0);
  queue.on('error', () => {});
  events.on('error', () => {});
  const waiting = new Map<string, { readonly onShare: (share: number) => void; readonly giveUp: () => void }>();
  events.on('progress', ({ jobId, data }) => waiting.get(jobId)?.onShare(Number(data)));
  events.on('stalled', ({ jobId }) => {
    if (waiting.has(jobId)) onStalled?.();
  });
  await events.waitUntilReady();
  if (onAlone !== undefined && (await queue.getWorkersCount().catch(() => 1)) === 0) onAlone();
  return {
    width: WIDTH,
    async run(spec, onShare): Promise<TrialRecord | undefined> {
      // The key alone would do, were it not that a second study may ask for the same trial and take the answer away.
      const jobId = randomUUID();
      const gone = new Promise<undefined>((resolve) => waiting.set(jobId, { onShare, giveUp: () => resolve(undefined) }));
      const job: Job<QueuedTrial, TrialAnswer> = await queue.add(
        spec.key,
        { spec: withWholePaths(spec), asker },
        { jobId, removeOnComplete: { age: HOUR }, removeOnFail: { age: HOUR } },
      );
      try {
        const answer = await Promise.race([job.waitUntilFinished(events).catch(crashed), gone]);
        return answer === undefined ? undefined : recordOf(answer);
      } finally {
        waiting.delete(jobId);
        await job.remove().catch(() => {});
      }
    },
    stop() {
      // Workers see that the asker is gone and leave his trials.
      clearInterval(timer);
      own.del(asker).catch(() => {});
      for (const { giveUp } of waiting.values()) giveUp();
    },
    async close() {
      clearInterval(timer);
      await own.del(asker).catch(() => {});
      await Promise.allSettled([events.close(), queue.close()]);
      door.close();
    },
  };
}

function crashed(error: unknown): never {
  throw new TrialCrash(error instanceof Error ? error.message : String(error));
}
