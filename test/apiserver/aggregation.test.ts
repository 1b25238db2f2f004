/** What happens to requests for groups that another program serves, seen from the server's side. */

import { describe, expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '#api';
import type { Context, Message } from '#sim';
import { Aggregation } from '../../src/apiserver/aggregation.ts';

const BACKEND = 7;

function front() {
  const sent: { to: number; message: ApiRequest }[] = [];
  const answers: { id: number; code: number; object: unknown; ticket: unknown }[] = [];
  const context = (source = 3) =>
    ({
      source,
      self: 1,
      now: 0,
      send: (to: number, message: Message) => sent.push({ to, message: message as ApiRequest }),
    }) as unknown as Context;
  const server = {
    costs: { request: 10 },
    charge: () => 10,
    resource: () => undefined,
    answerEarly: ({ request }: { request: ApiRequest }, { code, object }: { code: number; object: unknown }, _: Context, ticket: unknown) =>
      answers.push({ id: request.id, code, object, ticket }),
  } as unknown as ConstructorParameters<typeof Aggregation>[0];
  return { aggregation: new Aggregation(server, { 'metrics.k8s.io': BACKEND }), context, sent, answers };
}
const request = (id: number, resource = 'pods.metrics.k8s.io'): ApiRequest => ({
  kind: 'ApiRequest',
  id,
  user: 'kubectl',
  verb: 'list',
  resource,
});
const answer = (id: number): ApiResponse => ({ kind: 'ApiResponse', id, code: 200, object: { kind: 'PodMetricsList' } as never });

describe('a group that another program serves', () => {
  it('gets its requests as they are, under ids of the server, and what it answers goes to who asked', () => {
    const { aggregation, context, sent, answers } = front();
    const ticket = { seats: 1 } as never;
    expect(aggregation.forward(request(5), 3, 0, context(), ticket)).toBe(true);
    expect(aggregation.forward(request(5, 'nodes.metrics.k8s.io'), 4, 0, context(4), undefined)).toBe(true);
    expect(sent.map(({ to, message }) => [to, message.user, message.resource])).toEqual([
      [BACKEND, 'kubectl', 'pods.metrics.k8s.io'],
      [BACKEND, 'kubectl', 'nodes.metrics.k8s.io'],
    ]);
    const [first, second] = sent.map(({ message }) => message.id);
    expect(first).not.toBe(second);
    aggregation.answered(answer(first as number), context(BACKEND));
    expect(answers).toEqual([{ id: 5, code: 200, object: { kind: 'PodMetricsList' }, ticket }]);
  });
  it('is told of in discovery; others are none of its business', () => {
    const { aggregation, context } = front();
    expect(aggregation.groups).toEqual(['metrics.k8s.io']);
    expect(aggregation.forward(request(1, 'pods'), 3, 0, context(), undefined)).toBe(false);
    expect(aggregation.forward(request(1, 'pods.custom.metrics.k8s.io'), 3, 0, context(), undefined)).toBe(false);
  });
  it('answers once, and nobody else answers for it', () => {
    const { aggregation, context, sent, answers } = front();
    aggregation.forward(request(5), 3, 0, context(), undefined);
    const id = sent[0]?.message.id as number;
    aggregation.answered(answer(id), context(8));
    expect(answers).toEqual([]);
    aggregation.answered(answer(id), context(BACKEND));
    aggregation.answered(answer(id), context(BACKEND));
    expect(answers.length).toBe(1);
  });
  it('is unavailable when its program dies', () => {
    const { aggregation, context, sent, answers } = front();
    aggregation.forward(request(5), 3, 0, context(), undefined);
    aggregation.lost(8, context());
    expect(answers).toEqual([]);
    aggregation.lost(BACKEND, context());
    expect(answers[0]).toMatchObject({ id: 5, code: 503, object: { reason: 'ServiceUnavailable', message: 'service unavailable' } });
    aggregation.answered(answer(sent[0]?.message.id as number), context(BACKEND));
    expect(answers.length).toBe(1);
  });
});
