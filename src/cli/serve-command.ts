/** `wavetank serve [scenario.yaml]`: a simulated cluster at wall-clock pace, for kubectl and everything else that speaks to a Kubernetes cluster. */

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadExtenders, loadPlugins } from '#experiment';
import { loadScenario, type Scenario, UserError } from '#scenario';
import { defaultCluster, type Serving, type Speed, serve } from '#serve';
import { extenderOption, pluginOption, wholeNumber, withSet } from './run-options.ts';

interface ServeFlags {
  readonly port: number;
  readonly address: string;
  readonly speed: Speed;
  readonly paused?: boolean;
  readonly seed?: number;
  readonly token?: string;
  readonly hostName?: readonly string[];
  readonly kubeconfig?: string;
  readonly out?: string;
  readonly scheduler: boolean;
  readonly set: readonly string[];
  readonly plugin?: readonly string[];
  readonly extender?: readonly string[];
}

export function speedFlag(text: string): Speed {
  const speed = Number(text);
  if (text === 'max') return 'max';
  if (!(speed > 0 && speed <= 1000)) throw new InvalidArgumentError("expected 'max' or a number above 0 and up to 1000.");
  return speed;
}

const AFTER = `
Examples:
  wavetank serve                                     ten nodes, nothing on them
  wavetank serve scenarios/first-light.yaml --speed 10
  export KUBECONFIG=out/serve/kubeconfig; kubectl get nodes
  wavetank ctl pause; wavetank ctl fault 'crashNodes: { count: 1 }'`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('serves a simulated cluster on a real port, at the pace of the wall clock: for kubectl, client libraries, schedulers')
    .argument('[scenario]', 'a scenario (default: a small cluster with nothing on it)')
    .addOption(new Option('--port <n>', '0: any that is free').argParser(wholeNumber(0, 65_535)).default(8001))
    .option('--address <ip>', 'where to listen; beyond loopback, writes need the token of the kubeconfig', '127.0.0.1')
    .addOption(new Option('--speed <n>', 'simulated seconds in a second of the wall clock: 1, 10, max').argParser(speedFlag).default(1))
    .option('--paused', 'begin with time standing still')
    .addOption(new Option('--seed <n>', "luck of the run (default: the scenario's)").argParser(wholeNumber(0, 4_294_967_295)))
    .option('--no-scheduler', 'leave pods to a scheduler of your own')
    .option('--token <token>', 'of the administrator (default: drawn anew)')
    .addOption(
      new Option('--host-name <name>', 'a further name under which the server may be called; may be given again').argParser(
        (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
      ),
    )
    .option('--out <dir>', 'where the kubeconfig goes (default: out/<name>)')
    .option('--kubeconfig <file>', 'where exactly it goes')
    .addOption(pluginOption())
    .addOption(extenderOption())
    .addHelpText('after', AFTER);
  return withSet(command).action(async (file: string | undefined, flags: ServeFlags) => {
    const read = file === undefined ? defaultCluster(flags.set) : loadScenario(file, flags.set);
    await serveScenario(flags.scheduler ? read : { ...read, cluster: { ...read.cluster, schedulers: [] } }, flags);
  });
}

async function serveScenario(scenario: Scenario, flags: ServeFlags): Promise<void> {
  if (flags.token !== undefined && !/^[\w.~+/-]{8,}=*$/.test(flags.token))
    throw UserError.at({}, '--token: expected at least 8 letters, digits and signs of . _ ~ + / -');
  const plugins = await loadPlugins(flags.plugin ?? []);
  const extenders = await loadExtenders(scenario, flags.extender);
  const serving = await serve({
    scenario,
    seed: flags.seed ?? scenario.seed,
    address: flags.address,
    port: flags.port,
    speed: flags.speed,
    paused: flags.paused === true,
    hostNames: flags.hostName,
    token: flags.token,
    plugins: plugins.names,
    extenders: extenders.filter(({ plan }) => plan.module !== undefined),
    complain: (text) => process.stderr.write(`wavetank: ${text}\n`),
  });
  try {
    const path = flags.kubeconfig ?? join(flags.out ?? join('out', scenario.name), 'kubeconfig');
    writeKubeconfig(path, serving.kubeconfig);
    tell(scenario, serving, path, flags);
    await interrupted();
  } finally {
    await serving.stop();
  }
}

/** Folder by folder: where one cannot be made (/proc), Node's own recursive way never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function writeKubeconfig(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    makeFolder(dirname(path));
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    throw UserError.at({ file: path }, `the kubeconfig cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}

function tell(scenario: Scenario, { url, port }: Serving, path: string, { speed, paused }: ServeFlags): void {
  const nodes = scenario.cluster.nodes.reduce((sum, pool) => sum + pool.count, 0);
  const pace =
    paused === true ? 'paused' : speed === 'max' ? 'as fast as it goes' : `${speed} simulated second${speed === 1 ? '' : 's'} a second`;
  const ctl = port === 8001 ? '' : ` --port ${port}`;
  process.stdout.write(
    `serving ${scenario.name} at ${url}: ${nodes} nodes, ${pace}\n  export KUBECONFIG=${path}\n  wavetank ctl status${ctl}\nCtrl-C ends it.\n`,
  );
}

/** Until Ctrl-C. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      process.removeListener('SIGINT', end);
      process.removeListener('SIGTERM', end);
      process.stderr.write('\nstopping\n');
      done();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}
