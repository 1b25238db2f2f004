/** `wavetank ctl`: time, faults and snapshots of a cluster that `wavetank serve` serves. */

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { writeWhole } from '#experiment';
import { printable, UserError } from '#scenario';
import { wholeNumber } from './run-options.ts';

interface CtlFlags {
  readonly port: number;
  readonly server?: string;
  readonly token?: string;
}

interface Status {
  readonly scenario: string;
  readonly seed: number;
  readonly paused: boolean;
  readonly speed: number | 'max';
  readonly simulatedSeconds: number;
  readonly time: string;
  readonly behindSeconds: number;
  readonly nodes: number;
  readonly openRequests: number;
}

const AFTER = `
Examples:
  wavetank ctl status
  wavetank ctl pause
  wavetank ctl step 30s
  wavetank ctl speed 10
  wavetank ctl fault 'crashNodes: { count: 2, for: 5m }'
  wavetank ctl save before-lunch.json; wavetank ctl load before-lunch.json`;

export function ctlCommand(): Command {
  const ctl = new Command('ctl')
    .description('steers a cluster that `wavetank serve` serves')
    .option('--port <n>', 'where it serves', wholeNumber(1, 65_535), 8001)
    .option('--server <url>', 'where it serves, when that is not on this machine')
    .option('--token <token>', 'the token of its kubeconfig, when it is not on this machine')
    .addHelpText('after', AFTER);
  const add = (name: string, what: string, action: (call: Call, argument: string) => Promise<void>): void => {
    const [verb, argument] = name.split(' ');
    const command = new Command(verb).description(what);
    if (argument !== undefined) command.argument(argument);
    command.action(async (...given: unknown[]) => {
      await action(caller(command.optsWithGlobals<CtlFlags>()), typeof given[0] === 'string' ? given[0] : '');
    });
    ctl.addCommand(command);
  };
  add('status', 'what time it is there, and how fast it passes', async (call) => print(await call('GET', 'status')));
  add('pause', 'time stands still, but for what it takes to answer requests', async (call) => print(await call('POST', 'pause')));
  add('resume', 'time passes again', async (call) => print(await call('POST', 'resume')));
  add('step [duration]', 'so much time passes as fast as it can (default 1s); then it stands still', async (call, by) =>
    print(await call('POST', 'step', by === '' ? {} : { by })),
  );
  add('speed <n>', 'simulated seconds in a second of the wall clock: 1, 10, max', async (call, speed) =>
    print(await call('POST', 'speed', { speed })),
  );
  add('fault <fault>', "a fault, as a scenario's `faults` has them; without `at` it strikes now", async (call, fault) =>
    told(await call('POST', 'faults', { fault })),
  );
  add('undo <number>', 'ends a fault that has no end of its own', async (call, fault) => told(await call('POST', 'undo', { fault })));
  add('save <file>', 'the cluster so far, to be loaded again', async (call, file) => save(file, await call('GET', 'snapshot')));
  add('load <file>', 'the cluster as it was saved: it lives its life again, at full speed', async (call, file) =>
    print(await call('POST', 'load', snapshotOf(file))),
  );
  return ctl;
}

type Call = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

const caller =
  ({ port, server, token }: CtlFlags): Call =>
  async (method, path, body) => {
    const base = (server ?? `http://127.0.0.1:${port}`).replace(/\/+$/, '');
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${base}/wavetank/${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
      throw UserError.at(
        {},
        `nobody serves at ${printable(base)} (${code ?? message}): start \`wavetank serve\`, or say where with --port`,
      );
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw UserError.at({}, `whoever serves at ${printable(base)} is no \`wavetank serve\``);
    }
    if (!response.ok) throw UserError.at({}, printable((answer as { message?: string }).message ?? `HTTP ${response.status}`, 500));
    return answer;
  };

interface Fault {
  readonly id: number;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly canBeUndone: boolean;
}

/** What became of a fault, and how things stand. */
function told(answer: unknown): void {
  const { struck, undone } = answer as { readonly struck?: Fault; readonly undone?: Fault };
  const words = ({ labels, kind }: Fault): string => printable(labels.length > 0 ? labels.join(', ') : kind, 200);
  if (struck !== undefined) {
    const end = struck.canBeUndone ? ` (until \`wavetank ctl undo ${struck.id}\`)` : '';
    process.stdout.write(`fault ${struck.id}: ${words(struck)}${end}\n`);
  }
  if (undone !== undefined) process.stdout.write(`fault ${undone.id} is over: ${words(undone)}\n`);
  print(answer);
}

function print(status: unknown): void {
  const { scenario, seed, paused, speed, simulatedSeconds, time, behindSeconds, nodes, openRequests } = status as Status;
  const pace = paused ? 'paused' : `speed ${speed}`;
  const behind = behindSeconds > 0 ? `, ${behindSeconds} s behind` : '';
  process.stdout.write(
    `${scenario} (seed ${seed}, ${nodes} nodes): ${pace}, ${simulatedSeconds.toFixed(3)} s since its beginning, its clocks show ${time}${behind}; ${openRequests} requests and watches open\n`,
  );
}

function save(file: string, snapshot: unknown): void {
  const { at, inputs } = snapshot as { readonly at: number; readonly inputs: readonly unknown[] };
  writeWhole([{ path: file, content: `${JSON.stringify(snapshot)}\n` }]);
  process.stdout.write(`${file}: ${(at / 1e6).toFixed(3)} simulated seconds, ${inputs.length} inputs\n`);
}

function snapshotOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw UserError.at({ file }, code === 'ENOENT' ? 'no such file' : `cannot be read: ${code}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw UserError.at({ file }, 'not a snapshot: expected what `wavetank ctl save` wrote');
  }
}
