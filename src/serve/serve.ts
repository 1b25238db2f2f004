/** Brings a scenario's cluster up and opens its port. */

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { configuredUrls, type LoadedExtender } from '#experiment';
import { DEFAULT_EXTENDER_LATENCY, NO_EXTENDER_FAILURES, type Scenario, UserError } from '#scenario';
import type { Speed } from './driver.ts';
import { startServer } from './http/server.ts';
import { BY_HTTP } from './http-extender.ts';
import { kubeconfig } from './kubeconfig.ts';
import { Session } from './session.ts';

export interface ServeOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly speed: Speed;
  readonly paused: boolean;
  /** Names under which the server may be called, besides localhost, addresses and this machine's own name. */
  readonly hostNames?: readonly string[];
  /** By default drawn anew. */
  readonly token?: string;
  readonly plugins?: readonly string[];
  /** Extenders that files answer for; all others that a configuration names are asked by HTTP. */
  readonly extenders?: readonly LoadedExtender[];
  readonly complain: (text: string) => void;
  /** Milliseconds since the Unix epoch, where the cluster's clocks begin; default now. */
  readonly begins?: number;
}

export interface Serving {
  /** 'http://127.0.0.1:8001'. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly kubeconfig: string;
  readonly session: Session;
  stop(): Promise<void>;
}

const isLoopback = (address: string): boolean => /^127\./.test(address) || address === '::1' || address === 'localhost';
const ANY: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Throws UserError when the port cannot be had. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { scenario, address, port, complain } = options;
  const token = options.token ?? randomBytes(24).toString('base64url');
  const session = new Session({
    scenario,
    seed: options.seed,
    speed: options.speed,
    paused: options.paused,
    plugins: options.plugins,
    extenders: [...(options.extenders ?? []), ...byHttp(scenario, options.extenders ?? [])],
    complain,
    epoch: Math.round(options.begins ?? Date.now()) * 1000,
  });
  const hostNames = [hostname().toLowerCase(), ...(options.hostNames ?? []).map((name) => name.toLowerCase())];
  const rules = { isLocal: isLoopback(address), token, hostNames };
  const server = await startServer({ ...rules, address, port, session, complain }).catch((error: NodeJS.ErrnoException) => {
    throw UserError.at({}, whyNot(error, address, port));
  });
  session.driver.start();
  const shown = ANY[address] ?? address;
  const url = `http://${isIP(shown) === 6 ? `[${shown}]` : shown}:${server.port}`;
  return {
    url,
    port: server.port,
    token,
    kubeconfig: kubeconfig(url, token),
    session,
    async stop() {
      session.stop();
      await server.stop();
    },
  };
}

function whyNot({ code, message }: NodeJS.ErrnoException, address: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${address} is in use: choose another with --port`;
    case 'EACCES':
      return `port ${port} of ${address} may not be opened: choose another with --port`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `--address ${address}: this machine has no such address`;
    default:
      return `port ${port} of ${address}: ${message}`;
  }
}

/** Extenders that a scheduler's configuration names and no file answers for. */
function byHttp(scenario: Scenario, known: readonly LoadedExtender[]): readonly LoadedExtender[] {
  const same = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '');
  const urls = [...new Set(configuredUrls(scenario))].filter((url) => !known.some(({ plan }) => same(plan.urlPrefix, url)));
  return urls.map((urlPrefix) => ({
    plan: { urlPrefix, module: BY_HTTP, latency: DEFAULT_EXTENDER_LATENCY, failures: NO_EXTENDER_FAILURES, settings: {}, place: {} },
    href: BY_HTTP,
    functions: ['filter', 'prioritize', 'preempt', 'bind'],
  }));
}
