/** Which objects a list or watch wants: namespace, label selector, field selector. */

import {
  badRequest,
  type FieldRequirement,
  type KubeObject,
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
  type RequestOptions,
  type Selector,
  SelectorError,
  type StatusObject,
} from '#api';
import type { FieldReader, ResourceDescriptor } from '../registry/descriptor.ts';

interface FieldTest {
  readonly field: string;
  readonly read: FieldReader<KubeObject>;
  readonly equal: boolean;
  readonly value: string;
}

export interface Filter {
  readonly namespace: string | undefined;
  readonly labels: Selector;
  readonly fields: readonly FieldTest[];
}

const COMMON: Readonly<Record<string, FieldReader<KubeObject>>> = {
  'metadata.name': (object) => object.metadata?.name ?? '',
  'metadata.namespace': (object) => object.metadata?.namespace ?? '',
};
const NONE: readonly never[] = [];

function testOf(descriptor: ResourceDescriptor, { field, equal, value }: FieldRequirement): FieldTest {
  const read = COMMON[field] ?? descriptor.fields?.[field];
  if (read === undefined) throw new SelectorError(`field label not supported: ${field}`);
  return { field, read, equal, value };
}

/** The filter, or 400 when a selector cannot be read or names a field that cannot be selected. */
export function compileFilter(
  descriptor: ResourceDescriptor,
  namespace: string | undefined,
  options: RequestOptions | undefined,
): Filter | StatusObject {
  try {
    return {
      namespace: namespace === '' ? undefined : namespace,
      labels: options?.labelSelector ? parseLabelSelector(options.labelSelector) : NONE,
      fields: options?.fieldSelector
        ? parseFieldSelector(options.fieldSelector).map((requirement) => testOf(descriptor, requirement))
        : NONE,
    };
  } catch (error) {
    if (error instanceof SelectorError) return badRequest(error.message);
    throw error;
  }
}

export const isStatus = (value: object): value is StatusObject => (value as { kind?: unknown }).kind === 'Status';

/** Whether the filter lets everything of its resource through. */
export const isOpen = (filter: Filter): boolean =>
  filter.namespace === undefined && filter.labels.length === 0 && filter.fields.length === 0;

export function matches(filter: Filter, object: KubeObject): boolean {
  if (filter.namespace !== undefined && object.metadata?.namespace !== filter.namespace) return false;
  for (let i = 0; i < filter.fields.length; i++) {
    const test = filter.fields[i] as FieldTest;
    if ((test.read(object) === test.value) !== test.equal) return false;
  }
  return filter.labels.length === 0 || matchesSelector(filter.labels, object.metadata?.labels);
}

/** The value that a field must have, when the filter says so. */
export function requiredValue(filter: Filter, field: string): string | undefined {
  for (const test of filter.fields) if (test.field === field && test.equal) return test.value;
  return undefined;
}
