/** What a client counts of each endpoint, as a collector takes it away. */

import { describe, expect, it } from 'vitest';
import type { Context, Message } from '#sim';
import { EndpointTally } from '../../src/network/endpoint-tally.ts';
import type { TrafficPlan } from '../../src/network/traffic-plan.ts';

const plan = (service: string): TrafficPlan => ({ namespace: 'shop', service, timeout: 1_000_000 }) as TrafficPlan;

function told(tally: EndpointTally): unknown {
  const sent: Message[] = [];
  tally.tell({ source: 4, clock: () => 99, send: (_to: number, message: Message) => sent.push(message) } as unknown as Context);
  return sent[0];
}

describe('the tally of endpoints', () => {
  it('counts requests, failures and seconds by service and address', () => {
    const tally = new EndpointTally();
    tally.answered(plan('web'), '10.0.0.1', [[250_000, 4]]);
    tally.answered(plan('web'), '10.0.0.2', [[500_000, 1]]);
    tally.answered(plan('api'), '10.0.0.1', [[500_000, 2]]);
    tally.failed(plan('web'), '10.0.0.1', 3);
    expect(told(tally)).toEqual({
      kind: 'Scraped',
      at: 99,
      requests: [
        { namespace: 'shop', service: 'web', address: '10.0.0.1', sent: 7, failed: 3, seconds: 1 },
        { namespace: 'shop', service: 'web', address: '10.0.0.2', sent: 1, failed: 0, seconds: 0.5 },
        { namespace: 'shop', service: 'api', address: '10.0.0.1', sent: 2, failed: 0, seconds: 1 },
      ],
    });
  });
  it('takes an answer after the time-out for a failure without seconds; exactly in time is in time', () => {
    const tally = new EndpointTally();
    tally.answered(plan('web'), 'a', [
      [1_000_000, 1],
      [1_000_001, 2],
    ]);
    expect(told(tally)).toMatchObject({ requests: [{ sent: 3, failed: 2, seconds: 1 }] });
  });
  it('knows nobody who was not asked, and keeps on counting after it was read', () => {
    const tally = new EndpointTally();
    tally.answered(plan('web'), 'a', []);
    expect(told(tally)).toMatchObject({ requests: [] });
    tally.failed(plan('web'), 'a', 1);
    const first = told(tally);
    tally.failed(plan('web'), 'a', 1);
    expect(first).toMatchObject({ requests: [{ sent: 1 }] });
    expect(told(tally)).toMatchObject({ requests: [{ sent: 2 }] });
  });
});
