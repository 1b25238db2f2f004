/** What `wavetank worker` does: takes trials from the queue, has them done on a pool of threads, and answers. The main thread stays free to renew locks. */

import { answerOf, type TrialAnswer, trialMisfit } from '#experiment';
import { openRedis } from './redis-door.ts';
import { trialPool } from './trial-pool.ts';
import { MOST_STALLS, type QueuedTrial, queueName } from './trial-queue.ts';

export interface TrialServerOptions {
  readonly url: string;
  readonly version: string;
  readonly workers: number;
  readonly onStart?: (what: string) => void;
  readonly onEnd?: (what: string) => void;
}

export interface TrialServer {
  /** Trials under way. */
  readonly running: () => number;
  readonly done: () => number;
  /** Takes nothing more, ends when what is under way is answered. */
  close(): Promise<void>;
}

/** A lock that is not renewed for so long is another's to take. */
const LOCK_MS = 6_000;
const LOOK_MS = 2_000;
const TELL_MS = 1_000;

export async function serveTrials({ url, version, workers, onStart, onEnd }: TrialServerOptions): Promise<TrialServer> {
  const door = await openRedis(url);
  const pool = trialPool({ workers, version });
  const own = door.connect();
  let running = 0;
  let done = 0;
  const worker = new door.bullmq.Worker<QueuedTrial, TrialAnswer>(
    queueName(version),
    async (job) => {
      const { spec, asker } = job.data;
      let left = (await own.exists(asker)) === 0;
      if (left) return {};
      const misfit = trialMisfit(spec);
      if (misfit !== undefined) return { mistakes: [{ message: misfit }] };
      const what = `${spec.arm.name}, seed ${spec.seed}`;
      running++;
      onStart?.(what);
      let share = 0;
      const timer = setInterval(async () => {
        job.updateProgress(share).catch(() => {});
        left = (await own.exists(asker).catch(() => 1)) === 0;
      }, TELL_MS);
      try {
        return await answerOf(() =>
          pool.run(
            spec,
            (now) => {
              share = now;
            },
            () => left,
          ),
        );
      } finally {
        clearInterval(timer);
        running--;
        done++;
        onEnd?.(what);
      }
    },
    { connection: door.connect(), concurrency: workers, lockDuration: LOCK_MS, stalledInterval: LOOK_MS, maxStalledCount: MOST_STALLS },
  );
  worker.on('error', () => {});
  await worker.waitUntilReady();
  return {
    running: () => running,
    done: () => done,
    async close() {
      await worker.close();
      await pool.close();
      door.close();
    },
  };
}
