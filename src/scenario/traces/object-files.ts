/** Kubernetes objects from files: JSON of `kubectl get -o json`, YAML manifests of many documents (Kustomize, Helm), Lists, folders, '-' for standard input. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api';
import { decodeText } from '../source.ts';
import { type Place, printable, UserError } from '../user-error.ts';
import { parseJson, unzippedBytes } from './json-document.ts';
import { withoutNulls } from './portable-pod.ts';
import type { Tally } from './tally.ts';

export interface FoundObject {
  readonly object: KubeObject;
  readonly place: Place;
}

/** Files of a folder as `kubectl apply -f` takes them: sorted, not those below. */
function filesOf(path: string): string[] {
  if (path === '-' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const found = readdirSync(path)
    .filter((name) => /\.(json|ya?ml)(\.gz)?$/.test(name))
    .sort();
  if (found.length === 0) throw UserError.at({ file: path }, 'has no .json, .yaml or .yml file');
  return found.map((name) => join(path, name));
}

function* documentsOf(file: string): Iterable<{ readonly value: unknown; readonly line?: number }> {
  const bytes = file === '-' ? readFileSync(0) : unzippedBytes(file);
  const name = file === '-' ? 'standard input' : file;
  if (bytes.toString('utf8').trim() === '') throw UserError.at({ file: name }, 'is empty');
  const first = bytes.find((byte) => byte > 32);
  if (first === 0x7b || first === 0x5b) {
    yield { value: parseJson(name, bytes) };
    return;
  }
  const counter = new LineCounter();
  for (const document of parseAllDocuments(decodeText(bytes, name), { lineCounter: counter, prettyErrors: false, merge: true })) {
    if (!('errors' in document)) continue;
    const [error] = document.errors;
    if (error !== undefined)
      throw UserError.at(
        { file: name, line: counter.linePos(error.pos[0]).line },
        `is no YAML: ${printable(error.message.split('\n')[0] ?? '', 160)}`,
      );
    const at = document.contents?.range?.[0];
    const value = toPlain(document, name);
    if (value !== null && value !== undefined) yield { value, ...(at === undefined ? {} : { line: counter.linePos(at).line }) };
  }
}

function toPlain(document: { toJS(options: { maxAliasCount: number }): unknown }, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw UserError.at({ file }, printable((error as Error).message, 120));
  }
}

/** Every object of the files; what is none is counted in the tally. */
export function* objectsOf(paths: readonly string[], tally: Tally): Iterable<FoundObject> {
  for (const file of paths.flatMap(filesOf)) {
    let count = 0;
    for (const { value, line } of documentsOf(file)) {
      for (const [where, item] of flat(value, '')) {
        count++;
        const place = { file, ...(line === undefined ? {} : { line }) };
        const object = tally.judged(() => judged(item, where, place));
        if (object !== undefined) yield { object, place };
      }
    }
    if (count === 0) throw UserError.at({ file }, 'holds no Kubernetes object');
  }
}

function* flat(value: unknown, where: string): Iterable<readonly [where: string, item: unknown]> {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  const list = Array.isArray(value) ? value : typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : undefined;
  if (list === undefined) yield [where, value];
  else for (const [index, item] of list.entries()) yield* flat(item, `${Array.isArray(value) ? '' : 'items'}[${index}]`);
}

function judged(item: unknown, where: string, place: Place): KubeObject {
  const at = (field: string): string => (where === '' ? field : `${where}.${field}`);
  const said = (found: unknown): string => printable(JSON.stringify(found) ?? 'nothing');
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw UserError.at(place, `${where === '' ? 'expected' : `'${where}': expected`} a Kubernetes object, found ${said(item)}`);
  const { apiVersion, kind, metadata } = item as Partial<KubeObject>;
  if (typeof apiVersion !== 'string') throw UserError.at(place, `'${at('apiVersion')}' must be a text, found ${said(apiVersion)}`);
  if (typeof kind !== 'string') throw UserError.at(place, `'${at('kind')}' must be a text, found ${said(kind)}`);
  if (typeof metadata?.name !== 'string' || metadata.name === '')
    throw UserError.at(place, `'${at('metadata.name')}' of a ${kind} must be a name, found ${said(metadata?.name)}`);
  return withoutNulls(item) as KubeObject;
}
