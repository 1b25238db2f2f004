/** Reads a YAML file so that every value keeps its place: mistakes found later can name line and column. */

import { readFileSync, statSync } from 'node:fs';
import { type Document, isAlias, isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { type Place, printable, UserError } from './user-error.ts';

const MOST_BYTES = 64 * 1024 * 1024;

/** Says in plain words why a file could not be read. */
export function readBytes(file: string, mostBytes = MOST_BYTES): Buffer {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw UserError.at({ file }, 'is a directory, not a file');
    // A pipe might never end, or never begin: reading it would hang.
    if (!stat.isFile()) throw UserError.at({ file }, 'is not a regular file');
    if (stat.size > mostBytes) throw UserError.at({ file }, `is ${stat.size} bytes long; at most ${mostBytes} are read`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'no such file'
        : code === 'EACCES'
          ? 'permission denied'
          : code === 'ELOOP'
            ? 'too many symbolic links'
            : String(code ?? error);
    throw UserError.at({ file }, reason);
  }
}

/** Text of UTF-8 bytes, without its byte order mark. NUL and invalid sequences are mistakes with a line number. */
export function decodeText(bytes: Buffer, file: string): string {
  const body = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  const nul = body.indexOf(0);
  if (nul >= 0) throw UserError.at({ file, line: lineAt(body, nul) }, 'contains a NUL byte: not a text file');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    let line = 1;
    for (const part of splitLines(body)) {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(part);
      } catch {
        break;
      }
      line++;
    }
    throw UserError.at({ file, line }, 'is not valid UTF-8');
  }
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 10) line++;
  return line;
}

function* splitLines(bytes: Buffer): Iterable<Buffer> {
  let from = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
    yield bytes.subarray(from, at);
    from = at + 1;
  }
  yield bytes.subarray(from);
}

/** A parsed file. `value` is plain data; `placeOf` finds where a path of keys and indexes stands. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** The comment at the top, without '#'. */
  readonly headComment: string;
  placeOf(path: readonly (string | number)[], ofKey?: boolean): Place;
}

export function readSource(file: string): Source {
  return parseSource(decodeText(readBytes(file), file), file);
}

/** Limits keep hostile files small: aliases may stand for at most 100 times what is written, nesting goes 100 deep. */
export function parseSource(content: string, file: string): Source {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  let document: Document.Parsed;
  try {
    document = parseDocument(content, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2', merge: true });
  } catch (error) {
    throw UserError.at({ file }, error instanceof RangeError ? 'is nested too deeply' : `cannot be parsed: ${(error as Error).message}`);
  }
  if (document.errors.length > 0) {
    // After the first mistake of form the rest is guesswork; keys that stand twice are each a mistake of their own.
    const form = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
    const shown = form === undefined ? document.errors.slice(0, 10) : [form];
    throw new UserError(shown.map((error) => ({ ...place(error.pos[0]), message: plainMessage(error.code, error.message) })));
  }
  refuseDepth(document, place);
  refuseLooseAliases(document, place);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw UserError.at(
      { file },
      (error as Error).message.startsWith('Excessive alias') ? 'aliases (*name) expand to far too much data' : (error as Error).message,
    );
  }
  return {
    file,
    value,
    headComment: headComment(content),
    placeOf: (path, ofKey = false) => placeOf(document, path, ofKey, place, file),
  };
}

function plainMessage(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML: use spaces';
  if (message.startsWith('Maximum call stack')) return 'is nested too deeply';
  if (code === 'DUPLICATE_KEY') return 'this key stands twice in one map';
  if (code === 'MULTIPLE_DOCS') return "holds several documents ('---'): one document a file";
  return printable(message.split('\n')[0] ?? message, 200);
}

function refuseDepth(document: Document.Parsed, place: (offset: number) => Place): void {
  visit(document, {
    Node(_key, node, path) {
      if (path.length > 100 && path.filter((above) => isMap(above) || isSeq(above)).length > 100)
        throw UserError.at(place(node.range?.[0] ?? 0), 'is nested too deeply');
    },
  });
}

function refuseLooseAliases(document: Document.Parsed, place: (offset: number) => Place): void {
  visit(document, {
    Alias(_key, alias) {
      const name = printable(alias.source);
      if (alias.resolve(document) === undefined)
        throw UserError.at(place(alias.range?.[0] ?? 0), `*${name} is the alias of nothing: no &${name} stands before it`);
    },
  });
}

function placeOf(
  document: Document.Parsed,
  path: readonly (string | number)[],
  ofKey: boolean,
  place: (offset: number) => Place,
  file: string,
): Place {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = index === path.length - 1;
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String((item.key as { value?: unknown } | null)?.value ?? item.key) === String(step),
      );
      const key = pair?.key as Node | undefined;
      next = pair?.value;
      const at = last && ofKey ? key?.range?.[0] : ((next as Node | undefined)?.range?.[0] ?? key?.range?.[0]);
      if (at !== undefined) offset = at;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      const at = (next as Node | undefined)?.range?.[0];
      if (at !== undefined) offset = at;
    }
    if (next === undefined || next === null) break;
    node = next;
  }
  return offset === undefined ? { file } : place(offset);
}

function headComment(content: string): string {
  const kept: string[] = [];
  for (const line of content.split('\n')) {
    if (!line.startsWith('#')) break;
    if (line.startsWith('# yaml-language-server')) continue;
    kept.push(line.replace(/^#\s?/, ''));
  }
  return kept.join('\n').trim();
}
