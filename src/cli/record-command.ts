/** `wavetank record`: follows a live API server, ours or any other, and writes what people did there as a trace that can be played again. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type Endpoint,
  EVENTS,
  endpointOfKubeconfig,
  endpointOfUrl,
  getFrom,
  LiveWatch,
  type ObjectChange,
  parseDuration,
  RECORDED_RESOURCES,
  RefusedError,
  UserError,
} from '#scenario';
import { type ExportForm, formOf, formOption, writeChanges } from './export-command.ts';

interface RecordFlags {
  readonly server?: string;
  readonly token?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly for?: number;
  readonly output: string;
  readonly as?: ExportForm;
  readonly quiet?: boolean;
}

const AFTER = `
It reads only (list and watch). What is there at the beginning counts as applied then. Ctrl-C ends it, and what was seen until then is written whole.

Examples:
  wavetank record --server http://127.0.0.1:8001 -o live.sktrace
  wavetank record --kubeconfig ~/.kube/config --for 1h -o monday.sktrace
  wavetank import simkube monday.sktrace -o monday.yaml; wavetank run monday.yaml`;

export function recordCommand(): Command {
  return new Command('record')
    .description('follow a live API server and write a trace of what happens there')
    .option('--server <url>', 'the API server; else the one of the kubeconfig')
    .option('--token <token>', 'with --server: a bearer token')
    .option('--kubeconfig <file>', 'as kubectl takes it (default: $KUBECONFIG or ~/.kube/config)')
    .option('--context <name>', 'of the kubeconfig (default: its current one)')
    .addOption(new Option('--for <time>', 'how long (default: until Ctrl-C)').argParser(duration))
    .requiredOption(
      '-o, --output <file>',
      'where the trace goes: .sktrace or .json (SimKube), .yaml (manifests of what stands at the end), .jsonl or .log (Events)',
    )
    .addOption(formOption())
    .option('--quiet', 'no progress')
    .addHelpText('after', AFTER)
    .action(async (flags: RecordFlags) => {
      process.exitCode = await record(flags);
    });
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value === undefined || value <= 0) throw new InvalidArgumentError('expected a time such as 90s or 2h.');
  return value / 1e6;
}

function endpointOf({ server, token, kubeconfig, context }: RecordFlags): Endpoint {
  if (server !== undefined) return endpointOfUrl(server, token);
  const first = process.env['KUBECONFIG']?.split(':').find((path) => path !== '');
  return endpointOfKubeconfig(kubeconfig ?? first ?? join(homedir(), '.kube', 'config'), context);
}

async function record(flags: RecordFlags): Promise<number> {
  const form = formOf(flags.output, flags.as);
  const endpoint = endpointOf(flags);
  const changes: ObjectChange[] = [];
  const say = (text: string): void => {
    if (flags.quiet !== true) process.stderr.write(`${text}\n`);
  };
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const timer = flags.for === undefined ? undefined : setTimeout(end, flags.for * 1000);
  let found = 0;
  const watches = (form === 'events' ? [EVENTS] : RECORDED_RESOURCES).map(
    (resource) =>
      new LiveWatch(
        endpoint,
        resource,
        {
          changed: (change) => changes.push(change),
          listed: (_resource, objects) => {
            found += objects;
          },
          lost: (of, why) => say(`${of}: ${why}`),
        },
        stop.signal,
      ),
  );
  const progress = setInterval(() => say(`${changes.length} changes of ${found} objects at first`), 10_000);
  try {
    await reach(endpoint, stop.signal);
    say(`recording ${endpoint.url}; Ctrl-C writes ${flags.output}`);
    await Promise.all(watches.map((watch) => followed(watch, endpoint, say)));
    process.stdout.write(`${writeChanges(flags.output, form, changes)}\n`);
    return 0;
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(progress);
    process.removeListener('SIGINT', end);
    process.removeListener('SIGTERM', end);
  }
}

/** A wrong address is said at once; a server that goes away later is waited for. */
async function reach(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  try {
    const answer = await getFrom(endpoint, '/version', AbortSignal.any([signal, AbortSignal.timeout(10_000)]));
    answer.resume();
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = error as NodeJS.ErrnoException;
    throw UserError.at({}, `${endpoint.url} cannot be reached: ${typeof code === 'string' ? code : message}`);
  }
}

/** A resource that this server does not have, or does not show, is left out. */
async function followed(watch: LiveWatch, { url }: Endpoint, say: (text: string) => void): Promise<void> {
  try {
    await watch.follow();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.status === 401) throw UserError.at({}, `${url} lets nobody in: ${error.message}; pass --token or --kubeconfig`);
    say(`left out: ${error.message}`);
  }
}
