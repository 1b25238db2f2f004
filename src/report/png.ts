/** Charts as PNG files without a browser: the page's own drawing code, run against a canvas of Skia (@napi-rs/canvas, an optional package). */

import { Script } from 'node:vm';
import type { Chart } from './chart.ts';
import { asset, rounded } from './page-shell.ts';

export interface Picture {
  readonly file: string;
  readonly content: Uint8Array;
}

const WIDTH = 960;
const HEIGHT = 480;
/** Nothing touches the picture's edge. */
const MARGIN = 14;
/** Pixels a point: sharp in print. */
const SCALE = 2;

/** Of the canvas' own interface only what is used here. */
interface Canvas {
  width: number;
  height: number;
  style: object;
  parentElement: { readonly clientWidth: number };
  getContext(kind: '2d'): { fillStyle: string; fillRect(x: number, y: number, width: number, height: number): void };
  toBuffer(kind: 'image/png'): Uint8Array;
}
interface ChartOptions {
  plugins: Record<string, unknown>;
  responsive?: boolean;
  layout?: { readonly padding: Readonly<Record<string, number>> };
}
type ChartClass = new (canvas: Canvas, config: { options: ChartOptions }) => object;

/** Rejects with one sentence when the optional package is not installed. */
export async function renderPictures(charts: readonly Chart[], marks: readonly object[] = []): Promise<readonly Picture[]> {
  const createCanvas = await canvasMaker();
  const chartJs = (await import('chart.js/auto')).default as unknown as ChartClass & { defaults: { devicePixelRatio: number } };
  chartJs.defaults.devicePixelRatio = SCALE;
  const colours = lightColours();
  const canvases = new Map<string, Canvas>();
  const byId = (id: string): unknown => {
    if (id === 'charts') return { textContent: JSON.stringify({ charts: charts.map(rounded), marks }) };
    const canvas = createCanvas(WIDTH, HEIGHT);
    canvas.style = {};
    canvas.parentElement = { clientWidth: WIDTH };
    canvases.set(id.replace(/^canvas-/, ''), canvas);
    return canvas;
  };
  const titles = charts[Symbol.iterator]();
  // The page has titles and captions of its own; a picture carries them with it.
  class Titled extends chartJs {
    constructor(canvas: Canvas, config: ConstructorParameters<ChartClass>[1]) {
      const { title, caption } = (titles.next().value ?? { title: '', caption: '' }) as Chart;
      // Asked to fit its surroundings, a chart would grow with every look at its own size.
      config.options.responsive = false;
      const { padding } = config.options.layout ?? {};
      config.options.layout = { padding: { ...padding, left: MARGIN, right: MARGIN, bottom: MARGIN } };
      config.options.plugins['title'] = { display: true, text: title, color: colours['ink'], font: { size: 16 } };
      config.options.plugins['subtitle'] = { display: true, text: lines(caption, 130), color: colours['soft'], padding: { bottom: 10 } };
      super(canvas, config);
    }
  }
  const paper = {
    id: 'paper',
    beforeDraw({ ctx, width, height }: { ctx: ReturnType<Canvas['getContext']>; width: number; height: number }): void {
      ctx.fillStyle = '#ffffff';
      ctx.fillRect(0, 0, width, height);
    },
  };
  (chartJs as unknown as { register(plugin: object): void; unregister(plugin: object): void }).register(paper);
  try {
    const page = { getElementById: byId, documentElement: { dataset: {} }, body: {} };
    const styles = () => ({ getPropertyValue: (name: string) => colours[name.replace(/^--/, '')] ?? '', fontFamily: 'sans-serif' });
    const media = () => ({ matches: true, addEventListener() {} });
    // In this very realm: Chart.js takes maps of another for something else than maps.
    const code = `(function (document, window, getComputedStyle, matchMedia) {\n${asset('charts.js')}\n})`;
    const draw = new Script(code, { filename: 'charts.js' }).runInThisContext() as (...surroundings: unknown[]) => void;
    draw(page, { Chart: Titled }, styles, media);
  } finally {
    (chartJs as unknown as { unregister(plugin: object): void }).unregister(paper);
  }
  return charts.map(({ id }) => ({ file: `${id}.png`, content: (canvases.get(id) as Canvas).toBuffer('image/png') }));
}

async function canvasMaker(): Promise<(width: number, height: number) => Canvas> {
  try {
    return (await import('@napi-rs/canvas')).createCanvas as unknown as (width: number, height: number) => Canvas;
  } catch {
    throw new Error("PNG needs the optional package @napi-rs/canvas, which is not installed: 'npm install @napi-rs/canvas'");
  }
}

/** The custom properties of the page's light theme. */
function lightColours(): Readonly<Record<string, string>> {
  const root = /:root\s*\{([^}]*)\}/.exec(asset('report.css'))?.[1] ?? '';
  return Object.fromEntries([...root.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, (value as string).trim()]));
}

function lines(text: string, width: number): string[] {
  const out: string[] = [''];
  for (const word of text.split(' ')) {
    const last = out.length - 1;
    if ((out[last] as string).length + word.length + 1 > width) out.push(word);
    else out[last] = out[last] === '' ? word : `${out[last]} ${word}`;
  }
  return out;
}
