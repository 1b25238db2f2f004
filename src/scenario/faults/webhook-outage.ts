/** `webhookOutage`: admission webhooks do not answer: their machines are gone; with `for`, they come back. */

import type { WorldChange } from '#sim';
import { atField, type FaultKind, forField } from '../fault.ts';
import { fields, text } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';

interface WebhookOutageSpec {
  readonly at: string;
  readonly for?: string;
  readonly webhook?: string;
}

export const webhookOutage: FaultKind<WebhookOutageSpec> = {
  name: 'webhookOutage',
  schema: fields('admission webhooks are down', { at: atField, for: forField, webhook: text('the one with this name (default: all)') }, [
    'at',
  ]),
  mistake({ webhook }, { webhooks = [] }) {
    if (webhooks.length === 0) return 'finds no webhook in this cluster (cluster.webhooks)';
    if (webhook === undefined || webhooks.some(({ name }) => name === webhook)) return undefined;
    return `no webhook is named '${webhook}' (there are: ${webhooks.map(({ name }) => name).join(', ')})`;
  },
  changes(spec, { topology }): readonly WorldChange[] {
    const at = parseDuration(spec.at) ?? 0;
    const struck = (topology.webhooks ?? []).filter(({ name }) => spec.webhook === undefined || spec.webhook === name);
    const hosts = { hosts: struck.map(({ id }) => id) };
    const what = spec.webhook === undefined ? 'webhooks' : `webhook ${spec.webhook}`;
    const changes: WorldChange[] = [{ at, change: 'crash', hosts, label: `${what} down` }];
    if (spec.for !== undefined) changes.push({ at: at + (parseDuration(spec.for) ?? 0), change: 'restart', hosts, label: `${what} back` });
    return changes;
  },
};
