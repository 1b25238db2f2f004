/** The scheduler's process: what becomes of it when it loses its lease, and when a plugin breaks the rules.
 *  Mirrors kube-scheduler v1.34 cmd/kube-scheduler/app/server.go (Run: OnStoppedLeading exits the process). */

import type { Context, Duration, Host, Message } from '#sim';
import { messageKind, SECOND } from '#sim';
import type { CpuClock } from './cost-meter.ts';
import { PluginError } from './plugin-error.ts';
import { Scheduler } from './scheduler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/** The process is back after it lost its lease and exited. */
interface SchedulerRestart extends Message {
  readonly kind: 'SchedulerRestart';
}
messageKind<SchedulerRestart>({ kind: 'SchedulerRestart', digest() {} });

/** Until the kubelet has restarted a static pod that exited (CrashLoopBackOff's first step). assumed. */
const RESTART_DELAY: Duration = 10 * SECOND;

class SchedulerProcess implements Host {
  readonly #config: SchedulerConfig;
  readonly #cpuClock: CpuClock | undefined;
  #scheduler: Scheduler | undefined;

  constructor(config: SchedulerConfig, cpuClock?: CpuClock) {
    this.#config = config;
    this.#cpuClock = cpuClock;
    this.#scheduler = this.#launch();
  }

  #launch(): Scheduler {
    const exit = (ctx: Context): void => {
      this.#scheduler = undefined;
      ctx.after(RESTART_DELAY, { kind: 'SchedulerRestart' } as SchedulerRestart);
    };
    return new Scheduler(this.#config, exit, this.#cpuClock);
  }

  start(ctx: Context): void {
    this.#scheduler?.start(ctx);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'SchedulerRestart') {
      this.#scheduler = this.#launch();
      this.start(ctx);
      return;
    }
    try {
      // Between two lives nobody listens.
      this.#scheduler?.receive(message, ctx);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      // Whatever the plugin has left half done, nobody goes on from it: the run ends here.
      this.#scheduler = undefined;
      ctx.stop(error.message);
    }
  }
}

/** A lone scheduler without plugins of one's own needs no process around it. */
export function schedulerHost(config: SchedulerConfig, cpuClock?: CpuClock): Host {
  const isPlain = config.leaderElection === undefined && config.configuration === undefined && (config.plugins ?? []).length === 0;
  return isPlain ? new Scheduler(config, undefined, cpuClock) : new SchedulerProcess(config, cpuClock);
}
