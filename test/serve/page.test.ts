/** The live page in real Chromium: 5,000 nodes at a desk's width and a phone's, what clicks open, faults and time; it asks nobody but its own server.
 *  Screenshots to look at are left in .cache/live-page. WAVETANK_CHROMIUM names a browser elsewhere. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, openLab } from './lab.ts';

const candidates = [process.env.WAVETANK_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = candidates.find((path) => path !== undefined && existsSync(path));
const folder = fileURLToPath(new URL('../../.cache/live-page/', import.meta.url));
const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

const cluster = (nodes: number, more = '') => `
name: live
duration: 1h
cluster:
  nodes: [{ count: ${nodes}, zones: 3, capacity: { cpu: 4, memory: 16Gi, pods: 60 } }]
  apiServers: { count: 1, cores: 16 }
  controllers: { nodeMonitorGracePeriod: 40s }
  kubelets: { startOver: 5s, events: warnings }
workload:
  - deployments: { name: web, count: 4, replicas: 30, cpu: 1, memory: 2Gi${more} }
`;

const pictures = (page: Page) => page.evaluate<number>('Number(document.documentElement.dataset.pictures ?? 0)');
const after = async (page: Page, count: number): Promise<void> => {
  const until = (await pictures(page)) + count;
  await expect.poll(() => pictures(page), { timeout: 120_000, interval: 200 }).toBeGreaterThanOrEqual(until);
};
const said = (page: Page) => page.textContent('#said');

/** Frames, pictures and time, over some pictures. */
const measured = (page: Page) =>
  page.evaluate<{ frames: number; pictures: number; ms: number }>(`new Promise((done) => {
    const now = () => Number(document.documentElement.dataset.pictures);
    const [began, first] = [performance.now(), now()];
    let frames = 0;
    const frame = () => {
      frames++;
      if (now() < first + 5) requestAnimationFrame(frame);
      else done({ frames, pictures: now() - first, ms: performance.now() - began });
    };
    requestAnimationFrame(frame);
  })`);

describe.skipIf(executablePath === undefined)(
  `the live page in Chromium (skipped where none is installed: ${candidates.slice(1).join(', ')})`,
  () => {
    let browser: Browser;
    const complaints: string[] = [];
    const labs: Lab[] = [];

    const open = async (lab: Lab, width: number, colorScheme: 'light' | 'dark'): Promise<Page> => {
      const context = await browser.newContext({ viewport: { width, height: width > 600 ? 900 : 844 }, colorScheme });
      const page = await context.newPage();
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(`${lab.url}/`) && !request.url().startsWith('data:')) complaints.push(request.url());
      });
      await page.goto(`${lab.url}/`);
      await after(page, 2);
      return page;
    };
    const started = async (options: Parameters<typeof openLab>[0]): Promise<Lab> => {
      const lab = await openLab(options);
      labs.push(lab);
      return lab;
    };

    beforeAll(async () => {
      mkdirSync(folder, { recursive: true });
      browser = await chromium.launch({ executablePath: executablePath as string, args: flags.split(' ') });
    });
    afterAll(async () => {
      await browser?.close();
      for (const lab of labs) await lab.stop();
    });

    it('draws 5,000 nodes while pods come, above 20 frames a second, at a desk and on a phone', { timeout: 400_000 }, async () => {
      const lab = await started({ yaml: cluster(5000, ', podsPerSecond: 10'), paused: false });
      for (const [width, scheme] of [
        [1280, 'light'],
        [390, 'dark'],
      ] as const) {
        const page = await open(lab, width, scheme);
        await expect.poll(() => page.textContent('#tiles'), { timeout: 120_000 }).toContain('5,000');
        const { frames, pictures: seen, ms } = await measured(page);
        console.log(`${width} px: ${((1000 * frames) / ms).toFixed(0)} frames/s, ${seen} pictures in ${Math.round(ms)} ms`);
        // A picture comes each second, later when the machine is busy; how many frames lie between them says what the page costs.
        expect(frames / seen).toBeGreaterThan(10);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
        const cells = await page.evaluate<number>(`(() => {
          const canvas = document.getElementById('heat-cells');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let coloured = 0;
          for (let i = 0; i < data.length; i += 4) if (data[i + 2] > data[i] + 8 && data[i + 3] > 0) coloured++;
          return coloured;
        })()`);
        expect(cells).toBeGreaterThan(5000 * 9);
        await page.screenshot({ path: join(folder, `5000-${width}-${scheme}.png`), fullPage: true });
        await page.context().close();
      }
      expect(complaints).toEqual([]);
    });

    it('opens nodes and pods by keyboard and pointer, finds pods, and explains them', { timeout: 200_000 }, async () => {
      const lab = await started({ yaml: cluster(12) });
      await lab.pass(60);
      const page = await open(lab, 390, 'dark');
      await page.focus('#heat');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#details-body table button.link');
      expect(await page.textContent('#details-title')).toBe('Node node-0');
      await page.screenshot({ path: join(folder, 'node-390.png') });
      await page.click('#details-body table button.link');
      await page.waitForSelector('#details-body h3');
      const story = await page.textContent('#details-body');
      expect(story).toMatch(/apiserver: create.*scheduling.*binding.*start/s);
      expect(story).toMatch(/Attempt \d at 0:00:\d\d chose node-0/);
      await page.screenshot({ path: join(folder, 'pod-390.png') });
      await page.keyboard.press('Escape');
      expect(await page.isVisible('#details')).toBe(false);
      // 120 pods of one CPU on 48: some wait, and the page says for what.
      const { pods } = (await lab.call('GET', '/wavetank/pods?match=web-3')).body as { pods: { pod: string; node: string }[] };
      const waits = pods.find(({ node }) => node === '')?.pod as string;
      await page.fill('#search-text', waits.slice(8));
      await page.waitForSelector('#found > [role=option]');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#details-body .message');
      expect(await page.textContent('#details-body')).toMatch(/0\/12 nodes are available.*NodeResourcesFit.*Insufficient cpu/s);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    it('pauses, steps, changes the speed, strikes a fault and undoes it', { timeout: 200_000 }, async () => {
      const lab = await started({ yaml: cluster(12) });
      await lab.pass(60);
      const page = await open(lab, 1280, 'light');
      const ready = () => page.textContent('#tiles li:nth-child(3) b');
      await expect.poll(ready, { timeout: 60_000 }).toBe('12');
      expect(await page.textContent('#pause')).toBe('Resume');
      await page.click('#faults-open');
      await page.selectOption('#fault-kind', { label: 'Lose a zone' });
      await page.selectOption('#fault-for', '');
      await page.click('#faults form button');
      await expect.poll(() => said(page)).toContain('Struck: 4 nodes lost, until it is undone');
      await page.selectOption('#step-by', '1m');
      await page.click('#step');
      await expect.poll(() => said(page), { timeout: 60_000 }).toContain('Stepped 1 min');
      await expect.poll(ready, { timeout: 60_000 }).toBe('8 of 12');
      await page.screenshot({ path: join(folder, 'fault-1280.png'), fullPage: true });
      await page.click('.struck button');
      await expect.poll(() => said(page)).toContain('Undone: 4 nodes lost');
      await page.click('#step');
      await expect.poll(ready, { timeout: 60_000 }).toBe('12');
      await page.selectOption('#fault-kind', { label: 'Slow network' });
      await page.fill('#fault-latency', 'a while');
      await page.click('#faults form button');
      await expect.poll(() => said(page)).toMatch(/^Not done: .*latency/);
      await page.selectOption('#speed', '10');
      await page.click('#pause');
      await expect.poll(() => page.textContent('#pause')).toBe('Pause');
      expect((await lab.call('GET', '/wavetank/status')).body).toMatchObject({ paused: false, speed: 10 });
      // The browser says so itself where an answer is no success.
      expect(complaints.splice(0).filter((text) => !text.includes('400 (Bad Request)'))).toEqual([]);
      await page.context().close();
    });
  },
);

describe('what is at /', () => {
  it('is the page for browsers, paths for clients, and asks for a token beyond loopback', async () => {
    const lab = await openLab({ address: '0.0.0.0', token: 'a-token-of-ours' });
    try {
      const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
      const page = await lab.call('GET', '/', undefined, browser);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'sha256-[^;]*'; .*frame-ancestors 'none'$/,
      );
      expect(page.text).not.toMatch(/(src|href)="(?!data:)/);
      for (const accept of ['application/json', '*/*', 'application/json, text/html'])
        expect((await lab.call('GET', '/', undefined, { Accept: accept })).body.paths).toContain('/api/v1');
      for (const path of ['status', 'events', 'snapshot', 'pods', 'pod?pod=a/b'])
        expect((await lab.call('GET', `/wavetank/${path}`)).code, path).toBe(401);
      expect((await lab.call('GET', '/wavetank/status', undefined, { Authorization: 'Bearer a-token-of-ours' })).code).toBe(200);
    } finally {
      await lab.stop();
    }
  });
});
