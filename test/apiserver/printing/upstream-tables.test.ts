/** What Kubernetes v1.34.3's own printers make of objects with statuses drawn at random (test/interop/validation, op "table"): every column with
 *  its type, format and priority, and every cell but those that tell an age. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type KubeObject, RESOURCES } from '#api';
import { type Cell, type Column, printerOf } from '#apiserver';

interface Row {
  readonly resource: string;
  readonly object: KubeObject;
  /** With the first row of a kind. */
  readonly columns?: readonly string[];
  readonly cells: readonly Cell[];
}

const FILE = new URL('../fixtures/upstream-tables.jsonl.gz', import.meta.url);
const rows = gunzipSync(readFileSync(FILE))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);
const NOW = 1_767_225_600_000_000;
const TIME = 'TIME';

const namedBy = (plural: string, { apiVersion = '' }: KubeObject): string => {
  const info = RESOURCES.find((one) => one.plural === plural && one.apiVersion === apiVersion);
  return info?.resource ?? plural;
};
const shown = ({ name, type, format, priority }: Column): string => [name, type, format, priority].join('|');

describe.each([...new Set(rows.map(({ resource }) => resource))])('%s', (kind) => {
  const own = rows.filter(({ resource }) => resource === kind);
  const printer = printerOf(namedBy(kind, own[0]?.object as KubeObject));
  it('have the columns that Kubernetes prints', () => {
    expect(printer.columns.map(shown)).toEqual(own[0]?.columns);
  });
  it('have the cells that Kubernetes prints', () => {
    for (const { object, cells } of own)
      expect(
        printer.cells(object, NOW).map((cell, i) => (cells[i] === TIME ? TIME : cell)),
        JSON.stringify(object),
      ).toEqual(cells);
  });
});
