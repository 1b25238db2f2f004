/** Values of the wrong type in what every kind has (metadata, spec, status) and in the bytes of secrets, in the words of Go's decoder. Deeper down the
 *  schemas tell (openapi/typed-decoding.ts), which a simulation does without. Mirrors encoding/json (UnmarshalTypeError) as apimachinery v1.34
 *  pkg/runtime/serializer/json passes it on. */

import { base64Length, type KubeObject, type ResourceInfo } from '#api';

/** What a value is, in the decoder's words. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value;
}

export const mistyped = (value: unknown, struct: string, path: string, type: string): string =>
  `json: cannot unmarshal ${jsonType(value)} into Go struct field ${struct}.${path} of type ${type}`;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TEXTS = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion'] as const;
const MAPS = ['labels', 'annotations'] as const;
const OWNER_TEXTS = ['apiVersion', 'kind', 'name', 'uid'] as const;
const OWNER_FLAGS = ['controller', 'blockOwnerDeletion'] as const;

// Maps and lists come from templates: the same reference, already looked at.
const sound = new WeakSet<object>();

function wrongMap(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) return mistyped(value, 'ObjectMeta', path, 'map[string]string');
  if (sound.has(value)) return undefined;
  for (const key in value) {
    const text = value[key];
    if (typeof text !== 'string' && text !== null) return mistyped(text, 'ObjectMeta', path, 'string');
  }
  sound.add(value);
  return undefined;
}

function wrongOwner(owner: unknown, path: string): string | undefined {
  if (owner === null) return undefined;
  if (!isMap(owner)) return mistyped(owner, 'ObjectMeta', path, 'v1.OwnerReference');
  for (const name of OWNER_TEXTS) {
    const value = owner[name];
    if (value !== undefined && value !== null && typeof value !== 'string')
      return mistyped(value, 'OwnerReference', `${path}.${name}`, name === 'uid' ? 'types.UID' : 'string');
  }
  for (const name of OWNER_FLAGS) {
    const value = owner[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean')
      return mistyped(value, 'OwnerReference', `${path}.${name}`, 'bool');
  }
  return undefined;
}

function wrongList(value: unknown, path: string, type: string, wrong: (element: unknown) => string | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return mistyped(value, 'ObjectMeta', path, type);
  if (sound.has(value)) return undefined;
  for (const element of value) {
    const found = wrong(element);
    if (found !== undefined) return found;
  }
  sound.add(value);
  return undefined;
}

const isText = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string';
const isKnown = (map: unknown): boolean => map === undefined || (typeof map === 'object' && map !== null && sound.has(map));

/** Nearly every object's metadata is sound: said without asking for each field by its name. */
function isSound(metadata: Readonly<Record<string, unknown>>): boolean {
  const { name, generateName, namespace, selfLink, uid, resourceVersion, labels, annotations, ownerReferences, finalizers } = metadata;
  return (
    isText(name) &&
    isText(generateName) &&
    isText(namespace) &&
    isText(selfLink) &&
    isText(uid) &&
    isText(resourceVersion) &&
    isKnown(labels) &&
    isKnown(annotations) &&
    isKnown(ownerReferences) &&
    finalizers === undefined
  );
}

/** What is wrong with metadata's types; undefined when nothing is. */
export function mistypedMeta(metadata: unknown, kind: string): string | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  if (!isMap(metadata)) return mistyped(metadata, kind, 'metadata', 'v1.ObjectMeta');
  if (isSound(metadata)) return undefined;
  for (const name of TEXTS) {
    const value = metadata[name];
    if (value !== undefined && value !== null && typeof value !== 'string')
      return mistyped(value, 'ObjectMeta', `metadata.${name}`, name === 'uid' ? 'types.UID' : 'string');
  }
  for (const name of MAPS) {
    const found = wrongMap(metadata[name], `metadata.${name}`);
    if (found !== undefined) return found;
  }
  return (
    wrongList(metadata['ownerReferences'], 'metadata.ownerReferences', '[]v1.OwnerReference', (owner) =>
      wrongOwner(owner, 'metadata.ownerReferences'),
    ) ??
    wrongList(metadata['finalizers'], 'metadata.finalizers', '[]string', (text) =>
      typeof text === 'string' || text === null ? undefined : mistyped(text, 'ObjectMeta', 'metadata.finalizers', 'string'),
    )
  );
}

function wrongBytes(value: unknown, kind: string, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) return mistyped(value, kind, field, 'map[string][]uint8');
  for (const key in value) {
    const text = value[key];
    if (text === null) continue;
    if (typeof text !== 'string') return mistyped(text, kind, field, '[]uint8');
    const length = base64Length(text);
    if ('wrongAt' in length) return `illegal base64 data at input byte ${length.wrongAt}`;
  }
  return undefined;
}

function wrongTexts(value: unknown, kind: string, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) return mistyped(value, kind, field, 'map[string]string');
  for (const key in value) {
    const text = value[key];
    if (text !== null && typeof text !== 'string') return mistyped(text, kind, field, 'string');
  }
  return undefined;
}

/** A value as Go's %+v prints it. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isMap(value)) return String(value);
  const pairs = Object.keys(value)
    .sort()
    .map((name) => `${name}:${goText(value[name])}`);
  return `map[${pairs.join(' ')}]`;
}

type Members = Readonly<Record<string, unknown>>;

/** Maps at the top of kinds that have no spec. */
const DATA: Readonly<Record<string, (object: Members) => string | undefined>> = {
  secrets: (object) => wrongBytes(object['data'], 'Secret', 'data') ?? wrongTexts(object['stringData'], 'Secret', 'stringData'),
  configmaps: (object) => wrongTexts(object['data'], 'ConfigMap', 'data') ?? wrongBytes(object['binaryData'], 'ConfigMap', 'binaryData'),
};

/** What of an object of a built-in kind could not have been decoded; undefined when it could. */
export function mistypedObject(object: KubeObject, info: Pick<ResourceInfo, 'resource' | 'version' | 'kind'>): string | undefined {
  const found = mistypedMeta(object.metadata, info.kind);
  if (found !== undefined) return found;
  const { spec, status } = object as { readonly spec?: unknown; readonly status?: unknown };
  if (spec !== undefined && spec !== null && !isMap(spec)) return mistyped(spec, info.kind, 'spec', `${info.version}.${info.kind}Spec`);
  if (status !== undefined && status !== null && !isMap(status))
    return mistyped(status, info.kind, 'status', `${info.version}.${info.kind}Status`);
  return DATA[info.resource]?.(object as unknown as Members);
}
