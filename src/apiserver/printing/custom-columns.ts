/** The columns of custom resources: name first, then what the definition lists; age when it lists nothing. Mirrors apiextensions-apiserver v1.34
 *  pkg/registry/customresource/tableconvertor/tableconvertor.go. */

import { type KubeObject, parseTime, type Resource } from '#api';
import type { Definition, PrinterColumn } from '../custom-resources/definition.ts';
import { since } from './human-duration.ts';
import { findAll, type JsonPath, parseJsonPath } from './json-path.ts';
import { type Cell, type Column, NAME, nameOf, type Printer } from './printer.ts';

const AGE_COLUMN: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** Values as fmt prints them inside a text column: maps and lists as JSON. */
const asText = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'string':
      return asText(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return parseTime(value) === undefined ? '<invalid>' : since(value, now);
    default:
      return null;
  }
}

const valueAt = (path: JsonPath | undefined, object: KubeObject): unknown => (path === undefined ? undefined : findAll(path, object)[0]);

export function customPrinter(listed: readonly PrinterColumn[] | undefined): Printer {
  const columns = listed === undefined || listed.length === 0 ? [AGE_COLUMN] : listed;
  // A path that cannot be read leads nowhere.
  const paths: readonly (JsonPath | undefined)[] = columns.map(({ jsonPath }) => parseJsonPath(jsonPath));
  const headings = columns.map(
    ({ name, type, format, description, priority, jsonPath }): Column => ({
      name,
      type: type as Column['type'],
      format: format ?? '',
      description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      priority: priority ?? 0,
    }),
  );
  return {
    columns: [NAME, ...headings],
    cells: (object: KubeObject, now: number) => [
      nameOf(object),
      ...columns.map(({ type }, i) => cellOf(type, valueAt(paths[i], object), now)),
    ],
  };
}

/** The printer of a custom resource by its resource and version; undefined when no definition serves it. */
export function printerOfDefined(definitions: readonly Definition[], resource: Resource, version: string): Printer | undefined {
  const definition = definitions.find(({ metadata }) => metadata?.name === resource);
  const found = definition?.spec.versions.find(({ name, served }) => served && name === version);
  return found === undefined ? undefined : customPrinter(found.additionalPrinterColumns);
}
