/** ControllerRevisions: the templates that a StatefulSet or DaemonSet has had. Mirrors kubernetes v1.34 pkg/controller/history/controller_history.go. */

import type { KubeObject, OwnerReference, PodTemplateSpec } from '#api';
import type { Outcome, RequestSpec } from '#client';
import { semanticEqual } from './semantic-equal.ts';
import { templateHash } from './template-hash.ts';

export const REVISIONS = 'controllerrevisions.apps';
/** ControllerRevisionHashLabelKey on pods: the name or the hash of the revision they were made from. */
export const REVISION_HASH = 'controller-revision-hash';

export interface ControllerRevision extends KubeObject {
  readonly data?: { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } };
  readonly revision: number;
}

/** Oldest first. */
export function inOrder(revisions: readonly ControllerRevision[]): readonly ControllerRevision[] {
  return [...revisions].sort((a, b) => a.revision - b.revision || ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
}

// Both sides are immutable: what a revision was last compared with, and the answer.
const compared = new WeakMap<ControllerRevision, { template: PodTemplateSpec; isSame: boolean }>();

export function hasTemplate(revision: ControllerRevision, template: PodTemplateSpec): boolean {
  const known = compared.get(revision);
  if (known !== undefined && known.template === template) return known.isSame;
  const { $patch: _patch, ...stored } = revision.data?.spec.template ?? {};
  const isSame = semanticEqual(stored, template);
  compared.set(revision, { template, isSame });
  return isSame;
}

export interface Owner {
  readonly name: string;
  readonly namespace: string | undefined;
  /** Kept on the revision: `kubectl rollout history` reads the change's cause there. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** The label that holds the hash. */
  readonly hashLabel: string;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
  readonly reference: OwnerReference;
}

/** The revision of the template in force, or the one write that has to happen first; its event brings the key back. */
export function currentRevision(
  revisions: readonly ControllerRevision[],
  owner: Owner,
): { revision: ControllerRevision } | { write: RequestSpec } {
  const latest = revisions.at(-1);
  const found = revisions.findLast((revision) => hasTemplate(revision, owner.template));
  if (found !== undefined && found === latest) return { revision: found };
  const next = (latest?.revision ?? 0) + 1;
  const { namespace } = owner;
  if (found !== undefined) {
    // An earlier template is back: its revision becomes the newest.
    return {
      write: {
        verb: 'patch',
        resource: REVISIONS,
        namespace,
        name: found.metadata?.name,
        patchType: 'merge',
        body: { revision: next },
        discardBody: true,
      },
    };
  }
  const hash = templateHash(owner.template, owner.collisionCount);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.name}-${hash}`,
      namespace,
      labels: { ...owner.template.metadata?.labels, [owner.hashLabel]: hash },
      ...(owner.annotations === undefined ? {} : { annotations: owner.annotations }),
      ownerReferences: [owner.reference],
    },
    data: { spec: { template: { ...owner.template, $patch: 'replace' } } },
    revision: next,
  };
  return { write: { verb: 'create', resource: REVISIONS, namespace, body, discardBody: true } };
}

/** A revision of that name is there already: either the cache is late, or another template has this one's hash. */
export const isCollision = (outcome: Outcome<unknown> | undefined): boolean =>
  outcome?.request.verb === 'create' && outcome.request.resource === REVISIONS && outcome.error?.reason === 'AlreadyExists';

/** Looks at the revision that stands in the way (CreateControllerRevision). */
export const lookAt = ({ request }: Outcome<unknown>): RequestSpec => ({
  verb: 'get',
  resource: REVISIONS,
  namespace: request.namespace,
  name: (request.body as KubeObject).metadata?.name,
});

/** truncateHistory: the oldest that no pod and no status names, beyond the limit. */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
  limit: number,
): readonly RequestSpec[] {
  const dead = revisions.filter((revision) => !live.has(revision.metadata?.name ?? ''));
  return dead.slice(0, Math.max(0, dead.length - limit)).map(({ metadata }) => ({
    verb: 'delete',
    resource: REVISIONS,
    namespace: metadata?.namespace,
    name: metadata?.name,
    discardBody: true,
  }));
}
