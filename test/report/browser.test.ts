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
  await page.waitForFunction(() => 'drawn' in (globalThis as any).document.documentElement.dataset);
  return { page, complaints, close: () => context.close() };
}

/** Canvases with fewer than three colours, or without size: nothing was drawn there. */
const blankCanvases = (page: Page) =>
  page.evaluate(() => {
    const blank: string[] = [];
    for (const canvas of (globalThis as any).document.querySelectorAll('canvas')) {
      const { width, height } = canvas;
      const pixels = width > 0 && height > 0 ? new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer) : [];
      if (new Set(pixels).size < 20) blank.push(canvas.id);
    }
    return blank;
  });

const sidewaysOverflow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = (globalThis as any).document.documentElement;
    return scrollWidth - clientWidth;
  });

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
          const ground = await page.evaluate(() => (globalThis as any).getComputedStyle((globalThis as any).document.body).backgroundColor);
          expect(ground).toBe(scheme === 'light' ? 'rgb(251, 251, 250)' : 'rgb(20, 24, 27)');
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
      const ink = () => page.evaluate(() => (globalThis as any).Chart.getChart('canvas-podsByPhase').options.plugins.legend.labels.color);
      const before = await ink();
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.waitForFunction(
        (old) => (globalThis as any).Chart.getChart('canvas-podsByPhase').options.plugins.legend.labels.color !== old,
        before,
      );
      expect(await blankCanvases(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    });

    it('prints on white paper, dark screen or not', async () => {
      const { page, close } = await open(browser, renderReport(exampleResult()), 'print', 1280, 'dark');
      await page.pdf({ path: join(folder, 'print.pdf'), format: 'A4', printBackground: true });
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate(() => (globalThis as any).getComputedStyle((globalThis as any).document.body).backgroundColor)).toBe(
        'rgb(255, 255, 255)',
      );
      await close();
    });
  },
);
