/** `wavetank gpu-study` on a cluster of three nodes: what it prints, its report, a policy of one's own, and wrong use. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gpuPolicies, gpuStudy, readGpuStudy } from '../../src/experiment/index.ts';
import { inProcess, ROOT } from './command.ts';
import { folder } from './studies.ts';

const place = folder();
const nodes = place.file(
  'nodes.csv',
  'sn,cpu_milli,memory_mib,gpu,model\na,32000,65536,2,V100\nb,32000,65536,2,V100\nc,16000,32768,1,T4\n',
);
const pods = place.file(
  'pods.csv',
  `name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n${[
    'p1,2000,1024,1,500,,LS,Running,0,10,0',
    'p2,2000,1024,1,300,,LS,Running,0,10,0',
    'p3,4000,1024,1,1000,,LS,Running,0,10,0',
    'p4,4000,1024,2,1000,V100,LS,Running,0,10,0',
    'p5,1000,1024,0,0,,LS,Running,0,10,0',
  ].join('\n')}\n`,
);
const study = (...args: string[]) => inProcess('gpu-study', '--nodes', nodes, '--pods', pods, ...args);
afterAll(() => place.remove());

describe('gpu-study', () => {
  it('prints one object for one policy, the same each time', async () => {
    const first = await study('--policy', 'FGD', '--json');
    expect(first.code).toBe(0);
    const found = JSON.parse(first.out);
    const figures = ['policy', 'allocation', 'fragmentation', 'arrived', 'placed', 'dropped', 'curve'];
    expect(Object.keys(found)).toEqual(['format', ...figures, 'about']);
    expect(found.allocation).toBeGreaterThan(50);
    expect(found.arrived).toBeLessThanOrEqual(130);
    expect((await study('--policy', 'fgd', '--json')).out).toBe(first.out);
  });

  it('draws six policies on one page that asks the network for nothing, and says what a placement costs', async () => {
    const report = join(place.path, 'study.html');
    const { code, out, err } = await study('--policy', 'all', '--report', report);
    expect(code).toBe(0);
    expect(err).toMatch(/6 of 6: FGD: .* ms of CPU a placement/);
    expect(out.split('\n').filter((line) => /^(Random|DotProd|GpuClustering|GpuPacking|BestFit|FGD) /.test(line)).length).toBe(6);
    const page = readFileSync(report, 'utf8');
    for (const id of ['allocation-curve', 'allocation-full', 'fragmentation-amount', 'fragmentation-ratio'])
      expect(page).toContain(`canvas-${id}`);
    expect(page).not.toMatch(/(src|href)="?https?:/);
  });

  it('takes a policy of somebody else', async () => {
    const { code, out } = await study('--policy', `${ROOT}scenarios/gpu-fragmentation/worst-fit.js,BestFit`, '--json', '--quiet');
    expect(code).toBe(0);
    expect(JSON.parse(out).map(({ policy }: { policy: string }) => policy)).toEqual(['WorstFit', 'BestFit']);
  });

  it('tells how far a policy is, and stopped on the way says what it has so far, marked', async () => {
    const shares = Array.from({ length: 20 }, (_, i) => `s${i},100,64,1,50,,LS,Running,0,10,0`);
    const many = place.file('many.csv', `${readFileSync(pods, 'utf8').split('\n')[0]}\n${shares.join('\n')}\n`);
    const input = readGpuStudy({ nodes, pods: many, seed: 1 });
    expect(input.order.length).toBe(130);
    const [policy] = (await gpuPolicies('BestFit')) as [Awaited<ReturnType<typeof gpuPolicies>>[number]];
    const until = async (most: number) => {
      const seen: number[] = [];
      const onStep = async (arrived: number) => (seen.push(arrived) < most ? undefined : ('stop' as const));
      return { seen, study: await gpuStudy(input, policy, { onStep }) };
    };
    const whole = await until(99);
    expect(whole.seen).toEqual([32, 64, 96, 128]);
    expect(whole.study).toMatchObject({ arrived: 130, placed: 100, dropped: 30 });
    expect(whole.study.partial).toBeUndefined();
    const { study: half } = await until(2);
    expect(half).toMatchObject({ arrived: 64, placed: 64, dropped: 0, partial: true });
    expect(half.curve).toEqual(whole.study.curve.slice(0, half.curve.length));
  });

  const empty = place.file('empty.mjs', 'export default { name: "Nothing" };');
  it.each([
    [['--policy', 'FDG'], /unknown policy 'FDG'; there are Random/],
    [['--policy', empty], /empty\.mjs: expected a default export with 'name', 'cards/],
    [['--policy', 'none.js'], /none\.js: no such file/],
    [['--policy', 'all', '--report', join(place.path, 'nowhere', 'x.html')], /there is no such folder/],
    [['--policy', 'all', '--report', place.path], /it is a folder/],
    [['--policy', 'FGD', '--noderank', nodes], /nodes\.csv/],
  ])('refuses %s in one line', async (args, message) => {
    const { code, out, err } = await study(...args);
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBe(1);
    expect(out).toBe('');
    expect(code).toBe(2);
    expect(existsSync(join(place.path, 'nowhere'))).toBe(false);
  });
});
