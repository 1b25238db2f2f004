/** What the package offers to authors of controllers and operators, as 'wavetank/controller': the contract of a controller, and the few things that most of
 *  them need. docs/write-a-controller.md is the guide. */

import type { KubeObject, OwnerReference } from '#api';
import type { Controller } from './contract.ts';

export type { Container, Job, KubeObject, Lease, Node, OwnerReference, PersistentVolumeClaim, Pod, Service } from '#api';
export { parseTime, rfc3339 } from '#api';
export type { Duration, Instant } from '#sim';
export { MILLISECOND, MINUTE, SECOND } from '#sim';
export type { Controller, InformerEvent, Lister, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from './contract.ts';

/** A controller of one's own: what a file given with `--controller` exports by default, or what its function makes. */
export interface OwnController extends Controller {
  /** CustomResourceDefinitions that it brings along; they are created when the run begins. */
  readonly crds?: readonly KubeObject[];
}
export type ControllerFactory = () => OwnController;

/** `namespace/name`, as keys and listers have it. */
export const keyOf = ({ metadata }: KubeObject): string =>
  metadata?.namespace === undefined || metadata.namespace === '' ? (metadata?.name ?? '') : `${metadata.namespace}/${metadata.name}`;

/** The owner's entry in a dependent's metadata.ownerReferences (metav1.NewControllerRef). */
export const ownedBy = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion ?? '',
  kind: owner.kind ?? '',
  name: owner.metadata?.name ?? '',
  uid: owner.metadata?.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** Keys of the owner of a kind, for watches of what a controller makes: `keys: ownerKeys('Database')`. */
export const ownerKeys =
  (kind: string) =>
  ({ object }: { readonly object: KubeObject }): readonly string[] => {
    const owner = object.metadata?.ownerReferences?.find((reference) => reference.controller === true && reference.kind === kind);
    return owner === undefined ? [] : [`${object.metadata?.namespace ?? ''}/${owner.name}`];
  };
