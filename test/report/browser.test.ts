/** The report in real Chromium, at a desk's and a phone's width, in light and dark: it draws everything, fits, and complains of nothing.
 *  Screenshots to look at are left in .cache/report. WAVETANK_CHROMIUM names a browser elsewhere. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReport } from '#report';
import { emptyResult, exampleResult } from './example-result.ts';

const candidates = [process.env.WAVETANK_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
const folder = fileURLToPath(new URL('../../.cache/report/', import.meta.url));
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** The page, drawn, and what it complained of. */
async function open(browser: Browser, html: string, name: string, width: number, colorScheme: 'light' | 'dark') {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width, height: width > 600 ? 900 : 844 }, colorScheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) complaints.push(`asked the network for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('html[data-drawn]', { state: 'attached' });
  return { page, complaints, close: () => context.close() };
}

/** Canvases without size or without data. Every chart's first data are blue or green; axes, letters and marks are grey or red. */
const blankCanvases = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('canvas')].filter((canvas) => {
    const { width, height } = canvas;
    if (width === 0 || height === 0) return true;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 2] > data[i] + 40 || data[i + 1] > data[i] + 20) coloured++;
    return coloured < 100;
  }).map(({ id }) => id)`);

const sidewaysOverflow = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
const ground = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
const legendInk = "Chart.getChart('canvas-podsByPhase').options.plugins.legend.labels.color";

describe.skipIf(executablePath === undefined)(
  `the report in Chromium (skipped where none is installed: ${candidates.slice(1).join(', ')})`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      mkdirSync(folder, { recursive: true });
      browser = await chromium.launch({ executablePath: executablePath as string, args: flags.split(' ') });
    });
    afterAll(() => browser?.close());

    for (const width of [1280, 390]) {
      for (const scheme of ['light', 'dark'] as const) {
        it(`is drawn whole at ${width} px, ${scheme}`, async () => {
          const { page, complaints, close } = await open(
            browser,
            renderReport(exampleResult()),
            `example-${width}-${scheme}`,
            width,
            scheme,
          );
          expect(complaints).toEqual([]);
          expect(await sidewaysOverflow(page)).toBe(0);
          expect(await page.locator('canvas').count()).toBeGreaterThanOrEqual(15);
          expect(await blankCanvases(page)).toEqual([]);
          expect(await ground(page)).toBe(scheme === 'light' ? 'rgb(251, 251, 250)' : 'rgb(20, 24, 27)');
          await page.screenshot({ path: join(folder, `example-${width}-${scheme}.png`), fullPage: true });
          await close();
        });
      }
    }

    it('says what is empty, and complains of nothing', async () => {
      const { page, complaints, close } = await open(browser, renderReport(emptyResult()), 'empty', 390, 'light');
      expect(complaints).toEqual([]);
      expect(await sidewaysOverflow(page)).toBe(0);
      expect(await page.locator('canvas').count()).toBe(0);
      await page.screenshot({ path: join(folder, 'empty.png'), fullPage: true });
      await close();
    });

    it('redraws when the reader turns dark', async () => {
      const { page, complaints, close } = await open(browser, renderReport(exampleResult()), 'turns', 1280, 'light');
      const before = await page.evaluate<string>(legendInk);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expect.poll(() => page.evaluate<string>(legendInk), { timeout: 15_000 }).not.toBe(before);
      expect(await blankCanvases(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    });

    it('prints on white paper, dark screen or not', async () => {
      const { page, close } = await open(browser, renderReport(exampleResult()), 'print', 1280, 'dark');
      await page.pdf({ path: join(folder, 'print.pdf'), format: 'A4', printBackground: true });
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await ground(page)).toBe('rgb(255, 255, 255)');
      await close();
    });
  },
);
