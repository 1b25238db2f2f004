/** How server-side apply sees fields: which lists are maps or sets, which maps are one value. Derived from the strategic merge schema, with the
 *  x-kubernetes-list-map-keys and x-kubernetes-map-type marks of k8s.io/api v1.34 where the two differ. */

import { type FieldSchema, type ObjectSchema, strategicSchema } from '#api';

/** One field's nature. `granular`: members are owned one by one; `atomic`: as a whole. */
export type Nature =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'granular'; readonly of: ObjectSchema }
  | { readonly kind: 'set' }
  | {
      readonly kind: 'keyed';
      readonly keys: readonly string[];
      readonly of: ObjectSchema /** Elements are owned as a whole. */;
      readonly isWhole: boolean;
    };

const ATOMIC: Nature = { kind: 'atomic' };
const SET: Nature = { kind: 'set' };
const NO_FIELDS: ObjectSchema = {};

/** Maps that are one value: selectors and references (+mapType=atomic). */
const ATOMIC_MAPS = new Set([
  'selector',
  'labelSelector',
  'namespaceSelector',
  'nodeSelector',
  'fieldRef',
  'secretKeyRef',
  'configMapKeyRef',
  'resourceFieldRef',
  'claimRef',
  'dataSource',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'required',
  'targetRef',
]);

/** Lists whose keys are more than the merge key. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  containerPort: ['containerPort', 'protocol'],
  port: ['port', 'protocol'],
  topologyKey: ['topologyKey', 'whenUnsatisfiable'],
};
/** What a key is when the element does not say. */
export const KEY_DEFAULTS: Readonly<Record<string, string>> = { protocol: 'TCP' };

export const rootSchema = (kind: string, own?: ObjectSchema): ObjectSchema => own ?? strategicSchema(kind);

export function natureOf(name: string, value: unknown, schema: FieldSchema | undefined): Nature {
  if (schema?.map === 'atomic') return ATOMIC;
  if (Array.isArray(value)) {
    if (schema?.mergeKey !== undefined)
      return {
        kind: 'keyed',
        keys: schema.keys ?? KEYS[schema.mergeKey] ?? [schema.mergeKey],
        of: schema.of ?? NO_FIELDS,
        isWhole: name === 'imagePullSecrets',
      };
    return schema?.primitives ? SET : ATOMIC;
  }
  if (typeof value !== 'object' || value === null || (ATOMIC_MAPS.has(name) && schema?.map === undefined)) return ATOMIC;
  return { kind: 'granular', of: schema?.of ?? NO_FIELDS };
}
