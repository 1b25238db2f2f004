/** Items of a trace on their way to a file in order of time: a row's text lies on disk, memory holds some numbers a row. */

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { GPU, type PodShape, type TraceItem } from './trace-item.ts';

/** What is remembered of each item. */
export const FIELDS = [
  'at',
  'until',
  'runs',
  'cpuMilli',
  'memoryMib',
  'gpus',
  'offset',
  'length',
  'shape',
  'pods',
  'line',
  'brings',
] as const;
const WIDTH = FIELDS.length;
type Field = (typeof FIELDS)[number];
const COLUMN = Object.fromEntries(FIELDS.map((field, index) => [field, index])) as Record<Field, number>;

/** More shapes than this are no kinds of pods: every row then brings its own. */
const MOST_SHAPES = 20_000;
const BLOCK = 1 << 20;

export class Spool {
  readonly #path: string;
  readonly #file: number;
  readonly #shapes = new Map<string, number>();
  readonly #shapeTexts: string[] = [];
  readonly #extendedOfShapes: (readonly (readonly [string, number])[] | undefined)[] = [];
  #numbers = new Float64Array(1024 * WIDTH);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #offset = 0;
  count = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'w+', 0o600);
  }

  add(item: TraceItem): void {
    const isPod = item.what === 'pod';
    const shape = isPod ? this.#shapeOf(item.shape) : -1;
    const content = isPod
      ? {
          name: item.name,
          ...(shape < 0 ? { own: item.shape } : {}),
          ...(item.completions === undefined ? {} : { completions: item.completions }),
        }
      : { [item.what]: item.object };
    const bytes = Buffer.from(JSON.stringify(content));
    if ((this.count + 1) * WIDTH > this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    const row = this.count++ * WIDTH;
    const pods = isPod ? (item.completions ?? 1) : 0;
    const values = [
      item.at,
      isPod ? (item.until ?? Number.POSITIVE_INFINITY) : Number.NaN,
      isPod ? (item.runs ?? Number.POSITIVE_INFINITY) : Number.NaN,
      isPod ? item.demand.cpuMilli * pods : 0,
      isPod ? item.demand.memoryMib * pods : 0,
      isPod ? item.demand.gpus * pods : 0,
      this.#offset,
      bytes.length,
      shape,
      pods,
      item.line ?? 0,
      item.what === 'create' ? (item.asks?.pods ?? 0) : pods,
    ];
    this.#numbers.set(values, row);
    this.#offset += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= BLOCK) this.#flush();
  }

  get(index: number, field: Field): number {
    return this.#numbers[index * WIDTH + COLUMN[field]] as number;
  }

  isPod(index: number): boolean {
    return this.get(index, 'pods') > 0;
  }

  /** The item's own text: JSON without its times. */
  text(index: number): string {
    if (this.#waitingBytes > 0) this.#flush();
    const bytes = Buffer.allocUnsafe(this.get(index, 'length'));
    readSync(this.#file, bytes, 0, bytes.length, this.get(index, 'offset'));
    return bytes.toString('utf8');
  }

  shapeText(shape: number): string {
    return this.#shapeTexts[shape] as string;
  }

  /** Does any shape ask for extended resources other than cards? */
  hasExtended(): boolean {
    return this.#shapeTexts.some((_, shape) => this.#extended(shape).length > 0);
  }

  /** What one pod of a row asks for of them. */
  extendedOf(index: number): readonly (readonly [name: string, amount: number])[] {
    const shape = this.get(index, 'shape');
    return shape < 0 ? [] : this.#extended(shape);
  }

  #extended(shape: number): readonly (readonly [string, number])[] {
    let found = this.#extendedOfShapes[shape];
    if (found === undefined) {
      const { spec } = JSON.parse(this.shapeText(shape)) as PodShape;
      const [container] = spec['containers'] as readonly { resources?: { requests?: Record<string, string> } }[];
      found = Object.entries(container?.resources?.requests ?? {})
        .filter(([name]) => name.includes('/') && name !== GPU)
        .map(([name, amount]) => [name, Number(amount)] as const);
      this.#extendedOfShapes[shape] = found;
    }
    return found;
  }

  get shapes(): number {
    return this.#shapeTexts.length;
  }

  /** In order of time; what is equal in time stays in the order of the trace. */
  inOrder(): Uint32Array {
    return Uint32Array.from({ length: this.count }, (_, index) => index).sort((a, b) => this.get(a, 'at') - this.get(b, 'at') || a - b);
  }

  /** The first instant of the trace. */
  origin(): number {
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.count; index++) least = Math.min(least, this.get(index, 'at'));
    return this.count === 0 ? 0 : least;
  }

  close(): void {
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #shapeOf(shape: PodShape): number {
    const text = JSON.stringify(shape);
    const known = this.#shapes.get(text);
    if (known !== undefined) return known;
    if (this.#shapeTexts.length >= MOST_SHAPES) return -1;
    this.#shapes.set(text, this.#shapeTexts.length);
    return this.#shapeTexts.push(text) - 1;
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
