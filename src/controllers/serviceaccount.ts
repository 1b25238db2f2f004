/** Gives every namespace the service account `default`. Mirrors kubernetes v1.34 pkg/controller/serviceaccount/serviceaccounts_controller.go. */

import type { KubeObject, Namespace } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, Stage, View, WatchSpec } from '#client';

const ACCOUNTS = 'serviceaccounts';
const NAME = 'default';
const NONE: readonly string[] = [];

export class ServiceAccountController implements Controller {
  readonly name = 'serviceaccount';
  readonly component = 'service-account-controller';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: 'namespaces', keys: ofNamespace },
    { resource: ACCOUNTS, keys: ofAccount },
  ];

  /** --concurrent-serviceaccount-token-syncs is the token controller's; this one has a worker. */
  constructor(workers = 1) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'created') return created(stage.outcomes?.[0]);
    const namespace = view.lister<Namespace>('namespaces').get(key);
    // A dying namespace takes nothing new.
    if (namespace === undefined || namespace.status?.phase !== 'Active') return {};
    if (view.lister<KubeObject>(ACCOUNTS).get(`${key}/${NAME}`) !== undefined) return {};
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace: key } };
    return { requests: [{ verb: 'create', resource: ACCOUNTS, namespace: key, body, discardBody: true }], next: { name: 'created' } };
  }
}

/** Somebody was faster, or the namespace has gone meanwhile: both are well. */
function created(outcome: Outcome<unknown> | undefined): Plan {
  const code = outcome?.code ?? 0;
  if (code === 201 || code === 409 || code === 404) return {};
  if (code === 403 && outcome?.error?.message?.includes('being terminated')) return {};
  return { failed: outcome?.error?.message ?? 'connection lost' };
}

const ofNamespace = (event: InformerEvent): readonly string[] => (event.type === 'delete' ? NONE : [event.key]);

const ofAccount = ({ type, object }: InformerEvent): readonly string[] =>
  type === 'delete' && object.metadata?.name === NAME ? [object.metadata.namespace ?? ''] : NONE;
