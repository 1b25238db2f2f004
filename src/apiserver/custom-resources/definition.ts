/** CustomResourceDefinitions as the parts of the server see them, with what the internal API version derives: fields that all versions share stand at
 *  the top. Mirrors apiextensions-apiserver v1.34 pkg/apis/apiextensions (helpers.go, v1/conversion.go, v1/defaults.go). */

import { deepEqual, type KubeObject } from '#api';
import type { JsonSchema } from './json-schema.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

export interface Subresources {
  readonly status?: object;
  readonly scale?: ScalePaths;
}

export interface DefinedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: Subresources;
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface DefinedNames {
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly kind: string;
  readonly listKind?: string;
  readonly categories?: readonly string[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface DefinitionSpec {
  readonly group: string;
  readonly names: DefinedNames;
  readonly scope: 'Cluster' | 'Namespaced';
  readonly versions: readonly DefinedVersion[];
  readonly conversion?: {
    readonly strategy?: string;
    readonly webhook?: {
      readonly conversionReviewVersions?: readonly string[];
      readonly clientConfig?: {
        readonly url?: string;
        readonly service?: { readonly namespace?: string; readonly name?: string; readonly path?: string; readonly port?: number };
      };
    };
  };
  readonly preserveUnknownFields?: boolean;
}

export interface Definition extends KubeObject {
  readonly spec: DefinitionSpec;
  readonly status?: {
    readonly acceptedNames?: DefinedNames;
    readonly conditions?: readonly Condition[];
    readonly storedVersions?: readonly string[];
  };
}

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Whether all versions say the same there: the internal version then says it once, for all (and one version always agrees with itself). */
export function isShared(versions: readonly DefinedVersion[], field: 'schema' | 'subresources' | 'additionalPrinterColumns'): boolean {
  const first = versions[0];
  return versions.every((version) => deepEqual(version[field], first?.[field]));
}

export const storageVersion = ({ spec }: Definition): DefinedVersion | undefined => spec.versions.find(({ storage }) => storage);

export const conditionIs = (definition: Definition, type: string, status: string): boolean =>
  definition.status?.conditions?.find((condition) => condition.type === type)?.status === status;

/** SetCRDCondition: the time tells when the status last changed. */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition, time: string): readonly Condition[] {
  const before = conditions ?? [];
  const old = before.find(({ type }) => type === next.type);
  const made = { lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : time, ...next };
  return old === undefined ? [...before, made] : before.map((condition) => (condition.type === next.type ? made : condition));
}

/** SetDefaults_CustomResourceDefinitionSpec. */
export function defaultDefinition(definition: Definition): Definition {
  const { spec } = definition;
  const { names } = spec ?? {};
  if (names === undefined) return definition;
  if (names.singular && names.listKind && spec.conversion !== undefined) return definition;
  return {
    ...definition,
    spec: {
      ...spec,
      names: {
        ...names,
        singular: names.singular || (names.kind ?? '').toLowerCase(),
        listKind: names.listKind || (names.kind ? `${names.kind}List` : ''),
      },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  };
}

/** How versions are ranked in discovery: v2 before v1 before v2beta1 before v1alpha3; odd names last, by the alphabet (CompareKubeAwareVersionStrings). */
export function compareVersions(a: string, b: string): number {
  const parse = (version: string): readonly number[] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return undefined;
    const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
    return [stage, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [x, y] = [parse(a), parse(b)];
  if (x === undefined || y === undefined) return x !== undefined ? -1 : y !== undefined ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return (y[i] ?? 0) - (x[i] ?? 0);
  return 0;
}
