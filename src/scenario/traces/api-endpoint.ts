/** Where a live API server is and how one is let in: by URL and token, or by a kubeconfig as kubectl reads it (its current context). */

import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { readSource } from '../source.ts';
import { printable, UserError } from '../user-error.ts';

export interface Endpoint {
  readonly url: string;
  readonly token?: string;
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly insecure?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function endpointOfUrl(url: string, token: string | undefined): Endpoint {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw UserError.at({}, `--server: expected http://... or https://..., found '${printable(url)}'`);
  return { url: url.replace(/\/+$/, ''), ...(token === undefined ? {} : { token }) };
}

export function endpointOfKubeconfig(file: string, context: string | undefined): Endpoint {
  const source = readSource(file);
  const config = (source.value ?? {}) as Fields;
  const named = (list: string, name: unknown, field: string): Fields => {
    const found = ((config[list] ?? []) as readonly Fields[]).find((one) => one['name'] === name);
    if (found === undefined) throw UserError.at({ file }, `has no '${list}' entry named '${printable(String(name))}'`);
    return (found[field] ?? {}) as Fields;
  };
  const wanted = context ?? config['current-context'];
  if (typeof wanted !== 'string' || wanted === '') throw UserError.at({ file }, "is no kubeconfig: it has no 'current-context'");
  const chosen = named('contexts', wanted, 'context');
  const [cluster, user] = [named('clusters', chosen['cluster'], 'cluster'), named('users', chosen['user'], 'user')];
  const bytes = (of: Fields, field: string): Buffer | undefined => {
    const [data, path] = [of[`${field}-data`], of[field]];
    if (typeof data === 'string') return Buffer.from(data, 'base64');
    return typeof path === 'string' ? readFileSync(join(path.startsWith('/') ? '/' : dirname(file), path)) : undefined;
  };
  if (typeof cluster['server'] !== 'string') throw UserError.at({ file }, `the cluster of '${printable(wanted)}' has no 'server'`);
  if (user['exec'] !== undefined || user['auth-provider'] !== undefined)
    throw UserError.at(
      { file },
      `the user of '${printable(wanted)}' logs in by a program: pass --server and --token (kubectl create token)`,
    );
  const [ca, cert, key] = [bytes(cluster, 'certificate-authority'), bytes(user, 'client-certificate'), bytes(user, 'client-key')];
  return {
    ...endpointOfUrl(cluster['server'], user['token'] as string | undefined),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
  };
}

/** One GET; the answer's head has come when the promise resolves. */
export function getFrom(endpoint: Endpoint, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, token, ca, cert, key, insecure } = endpoint;
  const headers = {
    accept: 'application/json',
    'user-agent': 'wavetank-record',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const tls = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert, key }),
      ...(insecure === true ? { rejectUnauthorized: false } : {}),
    };
    const request = send(`${url}${path}`, { headers, signal, ...tls }, resolve);
    request.on('error', reject);
    request.end();
  });
}
