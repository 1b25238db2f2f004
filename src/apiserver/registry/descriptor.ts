/** What the registry must know of one resource. One file a kind holds its descriptor; whatever it leaves out follows the table's defaults
 *  (generic.ts). Mirrors apiserver v1.34 pkg/registry/rest (RESTCreateStrategy and its kin). */

import type { FieldError, KubeObject, ObjectSchema, Resource, StatusObject } from '#api';
import type { UserInfo } from '../authentication/users.ts';
import type { NameRule } from '../validation/names.ts';

/** Reads a selectable field as text. */
export type FieldReader<T> = { read(object: T): string }['read'];

/** What a subresource may change, and how it must be. */
export interface PartRules<T> {
  /** The old object with the new part. */
  prepare(next: T, old: T, time: string): T;
  validate(next: T, old: T): readonly FieldError[];
}

/** How /scale reads and writes replicas. */
export interface ScaleAccess<T> {
  replicas(object: T): number;
  /** Replicas as status has them. */
  statusReplicas(object: T): number;
  /** The selector in its text form. */
  selector(object: T): string;
  withReplicas(object: T, replicas: number): T;
}

/** Objects given to these functions have fresh, unstamped metadata and may share everything else; they return new objects (or the same, unchanged). */
export interface ResourceDescriptor<T extends KubeObject = KubeObject> {
  readonly resource: Resource;
  /** Path under /registry when it is not the plural ('minions', 'services/specs'). */
  readonly storagePath?: string;
  readonly nameRule?: NameRule;
  /** Finalizers may be without a domain: of custom resources and a few kinds that are validated by the library's rules alone. */
  readonly hasPlainFinalizers?: boolean;
  /** Metadata is looked at when all else is well, and any name will do that can stand in a path (upstream: PodDisruptionBudget). */
  readonly validatesMetaLast?: boolean;
  /** Has nothing but metadata and spec. */
  readonly hasOnlySpec?: boolean;
  /** Has whatever members its schema names, besides metadata (custom resources). */
  readonly openShape?: boolean;
  /** How server-side apply sees its fields, when the table of built-in kinds does not say. */
  readonly applySchema?: ObjectSchema;
  /** metadata.generation counts changes of the spec. */
  readonly hasGeneration?: boolean;
  /** status is written through /status alone. */
  readonly hasStatus?: boolean;
  readonly scale?: ScaleAccess<T>;
  /** PUT of what does not exist creates it. */
  readonly allowsCreateOnUpdate?: boolean;
  /** PUT without a resourceVersion is refused. */
  readonly requiresResourceVersion?: boolean;
  /** A deletion answers with the object instead of a Status. */
  readonly returnsDeletedObject?: boolean;
  /** Objects expire (events). */
  readonly expires?: boolean;
  /** Not kept in the watch cache: lists and gets go to etcd, and what watchers need is fetched when the first one comes (upstream: events). */
  readonly uncached?: boolean;
  /** Selectable fields besides metadata.name and metadata.namespace. */
  readonly fields?: Readonly<Record<string, FieldReader<T>>>;
  /** The field by whose value watchers are indexed, besides metadata.name. */
  readonly watchIndex?: string;
  /** Fills in defaults; the same reference when there is nothing to fill in. */
  defaults?(object: T): T;
  /** On creation, what the object says of the user who asks. */
  forUser?(object: T, user: UserInfo): T;
  /** `time` is the server's clock, RFC 3339. */
  /** What the server fills in before it prepares and judges an object, and what it refuses before anything else (upstream: BeginCreate, BeginUpdate). */
  begin?(object: T, old: T | undefined, isDryRun: boolean): { readonly object: T; readonly refused: StatusObject | undefined };
  prepareForCreate?(object: T, time: string): T;
  validate?(object: T): readonly FieldError[];
  /** On creation, what depends on the namespace; `labels` reads those that the server knows of it. */
  validateInNamespace?(object: T, labels: () => Readonly<Record<string, string>> | undefined): readonly FieldError[];
  prepareForUpdate?(next: T, old: T, time: string): T;
  validateUpdate?(next: T, old: T): readonly FieldError[];
  prepareForStatusUpdate?(next: T, old: T, time: string): T;
  validateStatusUpdate?(next: T, old: T): readonly FieldError[];
  /** PUT and PATCH of subresources that are a part of the object, by name ('resize'). */
  readonly parts?: Readonly<Record<string, PartRules<T>>>;
  /** On the first request to delete: what the object becomes before it is marked. */
  prepareForDelete?(object: T, time: string): T;
  /** Seconds of grace a deletion gets; 0 deletes at once. Absent: this kind knows no grace. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number;
}
