/** What a scheduler and its extenders write to each other, and how an answer is read: field by field as Go's decoder would, with its complaints.
 *  Mirrors k8s.io/kube-scheduler v1.34 extender/v1/types.go (types without JSON tags: names are capitalised, and read in any case) and encoding/json. */

import type { Node, Pod } from '#api';

/** To filter and to prioritize. Nodes when the extender has no cache of its own (nodeCacheCapable), else their names. */
export interface ExtenderArgs {
  readonly Pod: Pod;
  readonly Nodes: { readonly items: readonly Node[] } | null;
  readonly NodeNames: readonly string[] | null;
}
export interface ExtenderFilterResult {
  readonly Nodes?: { readonly items: readonly Node[] } | null;
  readonly NodeNames?: readonly string[] | null;
  /** By node: why not; evicting pods may help. */
  readonly FailedNodes?: Readonly<Record<string, string>> | null;
  /** By node: why not, whatever is evicted. */
  readonly FailedAndUnresolvableNodes?: Readonly<Record<string, string>> | null;
  readonly Error?: string;
}
/** Score from 0 to 10 (MaxExtenderPriority). */
export type HostPriorityList = readonly { readonly Host: string; readonly Score: number }[];

export interface MetaVictims {
  readonly Pods: readonly { readonly UID: string }[];
  readonly NumPDBViolations: number;
}
export interface ExtenderPreemptionArgs {
  readonly Pod: Pod;
  readonly NodeNameToVictims: Readonly<Record<string, { readonly Pods: readonly Pod[]; readonly NumPDBViolations: number }>> | null;
  readonly NodeNameToMetaVictims: Readonly<Record<string, MetaVictims>> | null;
}
export interface ExtenderPreemptionResult {
  readonly NodeNameToMetaVictims?: Readonly<Record<string, MetaVictims>> | null;
}
export interface ExtenderBindingArgs {
  readonly PodName: string;
  readonly PodNamespace: string;
  readonly PodUID: string;
  readonly Node: string;
}
export interface ExtenderBindingResult {
  readonly Error?: string;
}

export const bindingArgs = (name: string, namespace: string, uid: string, node: string): ExtenderBindingArgs => ({
  PodName: name,
  PodNamespace: namespace,
  PodUID: uid,
  Node: node,
});

export const MAX_EXTENDER_PRIORITY = 10;

/** encoding/json's complaint about a value of the wrong type, or about a body that is no JSON. */
class DecodeError extends Error {}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value;

/** `field` is '' for the whole body, else 'Struct.Field'. */
function mismatch(value: unknown, goType: string, field: string): DecodeError {
  const kind = typeof value === 'number' && field !== '' && !Number.isInteger(value) ? `number ${value}` : kindOf(value);
  const where = field === '' ? `Go value of type ${goType}` : `Go struct field ${field} of type ${goType}`;
  return new DecodeError(`json: cannot unmarshal ${kind} into ${where}`);
}

type Fields = Readonly<Record<string, unknown>>;

/** A mapping; null and nothing read as an empty one. */
function objectOf(value: unknown, goType: string, field = ''): Fields {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(value, goType, field);
  return value as Fields;
}

/** A field by its name in any case; null reads as absent. */
function fieldOf(fields: Fields, name: string): unknown {
  let value: unknown = fields[name];
  if (value === undefined) {
    const lower = name.toLowerCase();
    for (const key of Object.keys(fields)) if (key.toLowerCase() === lower) value = fields[key];
  }
  return value ?? undefined;
}

function textOf(value: unknown, field: string, goType = 'string'): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw mismatch(value, goType, field);
  return value;
}

function wholeOf(value: unknown, field: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw mismatch(value, 'int64', field);
  return value;
}

function listOf(value: unknown, field: string, goType: string): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw mismatch(value, goType, field);
  return value;
}

function reasonsOf(value: unknown, field: string): Readonly<Record<string, string>> {
  const written = objectOf(value, 'v1.FailedNodesMap', field);
  const reasons: Record<string, string> = {};
  for (const node of Object.keys(written)) reasons[node] = textOf(written[node], field);
  return reasons;
}

/** What a filter answer comes to. */
export interface FilterAnswer {
  /** Absent: the extender named no nodes at all, which leaves none. */
  readonly names?: readonly string[];
  readonly nodes?: readonly string[];
  readonly failed: Readonly<Record<string, string>>;
  readonly unresolvable: Readonly<Record<string, string>>;
  readonly error: string;
}

const guard = <T>(read: () => T): T | string => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
};

/** Each reader returns a text when Go's decoder would fail with it. */
export const readFilterResult = (body: unknown): FilterAnswer | string =>
  guard(() => {
    const result = objectOf(body, 'v1.ExtenderFilterResult');
    const at = (name: string): string => `ExtenderFilterResult.${name}`;
    const names = listOf(fieldOf(result, 'NodeNames'), at('NodeNames'), '[]string');
    const list = fieldOf(result, 'Nodes');
    const items = list === undefined ? undefined : objectOf(list, 'v1.NodeList', at('Nodes'));
    const nodes = items === undefined ? undefined : (listOf(fieldOf(items, 'items'), at('Nodes.items'), '[]v1.Node') ?? []);
    return {
      ...(names === undefined ? {} : { names: names.map((name) => textOf(name, at('NodeNames'))) }),
      ...(nodes === undefined ? {} : { nodes: nodes.map((node) => nodeNameOf(node, at)) }),
      failed: reasonsOf(fieldOf(result, 'FailedNodes'), at('FailedNodes')),
      unresolvable: reasonsOf(fieldOf(result, 'FailedAndUnresolvableNodes'), at('FailedAndUnresolvableNodes')),
      error: textOf(fieldOf(result, 'Error'), at('Error')),
    };
  });

function nodeNameOf(node: unknown, at: (name: string) => string): string {
  const metadata = objectOf(fieldOf(objectOf(node, 'v1.Node', at('Nodes.items')), 'metadata'), 'v1.ObjectMeta', at('Nodes.items.metadata'));
  return textOf(fieldOf(metadata, 'name'), at('Nodes.items.metadata.name'));
}

export const readPriorities = (body: unknown): HostPriorityList | string =>
  guard(() =>
    (listOf(body, '', 'v1.HostPriorityList') ?? []).map((entry) => {
      const priority = objectOf(entry, 'v1.HostPriority');
      return {
        Host: textOf(fieldOf(priority, 'Host'), 'HostPriority.Host'),
        Score: wholeOf(fieldOf(priority, 'Score'), 'HostPriority.Score'),
      };
    }),
  );

/** By node; a node without victims has `undefined`. */
export const readPreemptionResult = (body: unknown): ReadonlyMap<string, MetaVictims | undefined> | string =>
  guard(() => {
    const result = objectOf(body, 'v1.ExtenderPreemptionResult');
    const field = 'ExtenderPreemptionResult.NodeNameToMetaVictims';
    const byNode = objectOf(fieldOf(result, 'NodeNameToMetaVictims'), 'map[string]*v1.MetaVictims', field);
    const victims = new Map<string, MetaVictims | undefined>();
    for (const node of Object.keys(byNode)) {
      const written = byNode[node] ?? undefined;
      if (written === undefined) victims.set(node, undefined);
      else {
        const meta = objectOf(written, 'v1.MetaVictims', field);
        const pods = listOf(fieldOf(meta, 'Pods'), `${field}.Pods`, '[]*v1.MetaPod') ?? [];
        victims.set(node, {
          Pods: pods.map((pod) => ({
            UID: textOf(fieldOf(objectOf(pod, 'v1.MetaPod', `${field}.Pods`), 'UID'), `${field}.Pods.UID`),
          })),
          NumPDBViolations: wholeOf(fieldOf(meta, 'NumPDBViolations'), `${field}.NumPDBViolations`),
        });
      }
    }
    return victims;
  });

/** Undefined when the pod was bound. */
export function readBindingResult(body: unknown): string | undefined {
  const error = guard(() => [textOf(fieldOf(objectOf(body, 'v1.ExtenderBindingResult'), 'Error'), 'ExtenderBindingResult.Error')]);
  if (typeof error === 'string') return error;
  return error[0] === '' ? undefined : error[0];
}
