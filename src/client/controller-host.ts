/** A host that runs controllers: one connection, shared informers, a loop for each controller, and, when asked, leader election.
 *  Mirrors kubernetes v1.34 cmd/kube-controller-manager/app/controllermanager.go; each controller has a clientset and so a token bucket of its own. */

import type { Context, Duration, Host, Message } from '#sim';
import { messageKind, SECOND } from '#sim';
import type { Client } from './api-client.ts';
import { createApiClient } from './api-client.ts';
import type { ClientConfig, Controller, InformerFactory } from './contract.ts';
import type { ControllerTimer, Run } from './controller-loop.ts';
import { ControllerLoop } from './controller-loop.ts';
import { WATCH_EVENT_COST } from './costs.ts';
import { createInformerFactory } from './informer-factory.ts';
import type { LeaderElectionConfig } from './leader-election.ts';
import { LeaderElector } from './leader-election.ts';

/** The process is back after it lost its lease and exited. */
interface ProcessRestart extends Message {
  readonly kind: 'ProcessRestart';
}
messageKind<ProcessRestart>({ kind: 'ProcessRestart', digest() {} });

/** Until the kubelet has restarted a static pod that exited (CrashLoopBackOff's first step). assumed. */
const RESTART_DELAY: Duration = 10 * SECOND;

export interface ControllerHostOptions {
  readonly client: ClientConfig;
  /** Makes the controllers; called again when the process restarts after losing its lease. */
  readonly controllers: () => readonly Controller[];
  readonly leaderElection?: LeaderElectionConfig;
  /** As whom a controller of that name writes; default: the client's user. Informers are shared, and the host's own. */
  readonly userOf?: (controller: string) => string;
}

/** One life of the process. */
class Process {
  readonly client: Client<Run>;
  readonly loops: readonly ControllerLoop[];
  readonly elector: LeaderElector | undefined;
  readonly #informers: InformerFactory;
  #isRunning = false;

  constructor({ client, controllers, leaderElection, userOf }: ControllerHostOptions, exit: (ctx: Context) => void) {
    this.client = createApiClient<Run>(client);
    this.#informers = createInformerFactory(this.client, { eventCost: WATCH_EVENT_COST });
    this.loops = controllers().map(
      (controller, index) =>
        new ControllerLoop(
          controller,
          index,
          this.client,
          this.client.lane(userOf === undefined ? client : { ...client, user: userOf(controller.name) }),
          this.#informers,
        ),
    );
    if (leaderElection !== undefined) {
      this.elector = new LeaderElector(this.client as Client<unknown>, leaderElection, (ctx) => this.run(ctx), exit);
    }
  }

  run(ctx: Context): void {
    this.#isRunning = true;
    for (const loop of this.loops) loop.start(ctx);
    this.#informers.start(ctx);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'ControllerTimer') {
      if (this.#isRunning) this.loops[(message as ControllerTimer).controller]?.timer(message as ControllerTimer, ctx);
      return;
    }
    const { outcome } = this.client.receive(message, ctx);
    if (outcome !== undefined) outcome.continuation.loop.outcome(outcome, ctx);
    if (!this.#isRunning) return;
    for (const loop of this.loops) loop.pump(ctx);
  }
}

export class ControllerHost implements Host {
  readonly #options: ControllerHostOptions;
  #process: Process | undefined;

  constructor(options: ControllerHostOptions) {
    this.#options = options;
    this.#process = this.#launch();
  }

  #launch(): Process {
    return new Process(this.#options, (ctx) => {
      this.#process = undefined;
      ctx.after(RESTART_DELAY, { kind: 'ProcessRestart' } as ProcessRestart);
    });
  }

  /** Its loops, for tests and for the report on queues. */
  get loops(): readonly ControllerLoop[] {
    return this.#process?.loops ?? [];
  }

  start(ctx: Context): void {
    const process = this.#process;
    if (process?.elector !== undefined) process.elector.start(ctx);
    else process?.run(ctx);
  }

  receive(message: Message, ctx: Context): void {
    if (message.kind === 'ProcessRestart') {
      this.#process = this.#launch();
      this.start(ctx);
      return;
    }
    // Between two lives nobody listens.
    this.#process?.receive(message, ctx);
  }
}
