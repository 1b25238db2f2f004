/** An admission plugin that decides from what this server knows: one file each, one line in registry.ts.
 *  Those that must ask somebody else (webhooks, quotas) stand in review.ts. */

import type { KubeObject, Resource, StatusObject } from '#api';
import type { Context } from '#sim';
import type { Core, Operation } from '../core.ts';
import type { Attributes } from './attributes.ts';

export interface AdmissionPlugin {
  /** Kubernetes' own name, as --enable-admission-plugins has it. */
  readonly name: string;
  /** Whether it is on unless somebody says otherwise. */
  readonly isDefault: boolean;
  /** The resources it looks at; subresources are never its business unless `subresources` says so. */
  readonly resources: readonly Resource[];
  readonly subresources?: boolean;
  /** On CREATE; with `mutatesUpdates` on UPDATE too. The same reference when there is nothing to change. */
  mutate?(core: Core, operation: Operation, object: KubeObject): KubeObject | StatusObject;
  readonly mutatesUpdates?: boolean;
  /** Why not, or undefined. */
  validate?(core: Core, attributes: Attributes, ctx: Context): StatusObject | undefined;
}
