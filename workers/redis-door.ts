/** The way to a Redis: an address checked, a connection that was tried before anything is built on it. Both packages are optional: who runs studies on
 *  one machine needs neither. */

import type { Redis } from 'ioredis';
import { UserError } from '#experiment';

export interface RedisDoor {
  readonly bullmq: typeof import('bullmq');
  /** Another connection to the same Redis; each waits for its server again when it goes away. */
  connect(): Redis;
  /** Ends all connections. */
  close(): void;
}

const TRY_MS = 5_000;

export async function openRedis(text: string): Promise<RedisDoor> {
  const url = redisUrl(text);
  const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]).catch(() => {
    throw UserError.at({}, '--queue needs the packages bullmq and ioredis, which are not installed: npm install bullmq ioredis');
  });
  await tried(Redis, url);
  const open: Redis[] = [];
  return {
    bullmq,
    connect() {
      const connection = new Redis(url.href, { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 200, 2_000) });
      // A server that goes away comes back or does not: ioredis tries on, and a study waits as it waits for workers.
      connection.on('error', () => {});
      open.push(connection);
      return connection;
    },
    close() {
      for (const connection of open) connection.disconnect();
    },
  };
}

function redisUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    (url.protocol !== 'redis:' && url.protocol !== 'rediss:') ||
    url.hostname === '' ||
    !/^\/?\d*$/.test(url.pathname)
  )
    throw UserError.at({}, `--queue: expected redis://host:port or rediss://user:password@host:port/db, found '${withoutPassword(text)}'`);
  return url;
}

/** An address as it may be shown. */
export const withoutPassword = (text: string): string => text.replace(/\/\/[^@/]*@/, '//***@');

async function tried(Connection: typeof Redis, url: URL): Promise<void> {
  const first = new Connection(url.href, { lazyConnect: true, retryStrategy: () => null, connectTimeout: TRY_MS, maxRetriesPerRequest: 0 });
  let reason = '';
  first.on('error', (error: Error) => {
    reason = error.message;
  });
  try {
    await first.connect();
    await first.ping();
  } catch (error) {
    throw UserError.at({}, `--queue: ${withoutPassword(url.href)} cannot be used: ${reason || (error as Error).message}`);
  } finally {
    first.disconnect();
  }
}
