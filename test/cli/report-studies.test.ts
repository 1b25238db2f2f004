/** `wavetank report` of what studies leave: every format from the result alone, and one line for what is damaged, old, new or foreign. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from './command.ts';
import { folder, TINY } from './studies.ts';

const place = folder();
afterAll(() => place.remove());
const FORMATS = 'html,markdown,junit,csv,parquet,prometheus';
const at = (...parts: string[]): string => join(place.path, ...parts);
const read = (...parts: string[]): string => readFileSync(at(...parts), 'utf8');

beforeAll(async () => {
  const scenario = place.file('tiny.yaml', TINY);
  const quick = ['--quiet', '--workers', '0'];
  await inProcess(
    'compare',
    'least-allocated',
    'most-allocated',
    '--scenario',
    scenario,
    '--seeds',
    '2',
    ...quick,
    '--fail-if',
    'podStartP95 > 0s',
    '--out',
    at('compare'),
  );
  const study = place.file(
    'study.yaml',
    `scenario: tiny.yaml\naxes:\n  - { path: 'cluster.nodes[0].count', values: [3, 4], name: '=nodes' }\nseeds: 1\nmetrics: [podStartP95]\n`,
  );
  await inProcess('sweep', study, ...quick, '--out', at('sweep'));
  mkdirSync(at('suite'));
  writeFileSync(at('suite', 'a.yaml'), TINY.replace('< 30 s', '< 1 ms'));
  await inProcess('ci', at('suite'), ...quick, '--out', at('ci'));
  const nodes = place.file('nodes.csv', 'sn,cpu_milli,memory_mib,gpu,model\na,32000,65536,2,V100\n');
  const pods = place.file(
    'pods.csv',
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\np1,2000,1024,1,500,,LS,Running,0,10,0\n',
  );
  const gpu = await inProcess('gpu-study', '--nodes', nodes, '--pods', pods, '--policy', 'FGD,BestFit', '--json', '--quiet');
  mkdirSync(at('gpu'));
  writeFileSync(at('gpu', 'study.json'), gpu.out);
}, 60_000);

describe('a study in every format', () => {
  it.each([
    ['compare', 'comparison', 'compare'],
    ['sweep', 'sweep', 'sweep'],
    ['ci', 'ci', 'ci'],
    ['gpu', 'gpu-study', 'gpu/study.json'],
  ])('%s', async (dir, name, argument) => {
    const { code, out, err } = await inProcess('report', at(argument), '--format', FORMATS);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const files = ['report.html', 'report.md', 'junit.xml', `${name}.csv`, `${name}.parquet`, 'metrics.prom'];
    expect(out.trim().split('\n')).toEqual(files.map((file) => at(dir, file)));
    expect(read(dir, `${name}.parquet`).slice(0, 4)).toBe('PAR1');
    const rows = read(dir, `${name}.csv`).trimEnd().split('\r\n');
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows.map((row) => row.split(',').length)).size).toBe(1);
    for (const line of read(dir, 'metrics.prom').trimEnd().split('\n'))
      expect(line).toMatch(/^(#|wavetank_[a-z0-9_]+(\{.*\})? -?[\d.e+-]+$)/);
  });

  it('says in each what was found', () => {
    expect(read('compare', 'report.md')).toMatch(/^### A \(least-allocated\) against B \(most-allocated\)\n/);
    expect(read('compare', 'report.md')).toContain('- ✗ not podStartP95 \\> 0s: podStartP95 went from');
    expect(read('compare', 'junit.xml')).toMatch(
      /failures="1".*<testcase classname="wavetank.comparison" name="not podStartP95 &gt; 0s"><failure message="/s,
    );
    expect(read('compare', 'comparison.csv')).toMatch(/\r\npodStartP95,s,B,B \(most-allocated\),2,2,[\d.]+\r\n/);
    expect(read('sweep', 'sweep.csv'), 'no formula for a spreadsheet').toMatch(
      /^'=nodes,metric,unit,n,mean,low95,high95,min,max\r\n3,podStartP95,s,1,/,
    );
    expect(read('sweep', 'junit.xml')).toContain('name="=nodes=3"/>');
    expect(read('ci', 'report.md')).toContain('1 of 1 scenarios do not pass');
    expect(read('ci', 'report.html')).toContain('✗ failed');
    expect(read('ci', 'metrics.prom')).toContain('wavetank_ci_scenario_passed{scenario="a"} 0');
    expect(read('gpu', 'report.md')).toContain('Most cards in use: ');
  });
});

describe('what is no study that can be drawn', () => {
  const study = (change: (value: { format: string; metrics: { a?: unknown }[] }) => void): string => {
    const value = JSON.parse(read('compare', 'comparison.json'));
    change(value);
    return JSON.stringify(value);
  };
  it.each<[string, () => string, string]>([
    ['cut off', () => read('compare', 'comparison.json').slice(0, 300), 'is not JSON'],
    [
      'of a newer version',
      () => study((value) => void (value.format = 'wavetank-comparison/2')),
      'does not read (it reads version 1): a newer one wrote it',
    ],
    ['of an older version', () => study((value) => void (value.format = 'wavetank-comparison/0')), 'does not read (it reads version 1)\n'],
    ['with a hole', () => study((value) => void delete value.metrics[0]?.a), "'metrics[0]' lacks 'a'"],
    ['foreign', () => '{"format":"other/1"}', 'is no study of Wavetank (\'format\' is "other/1")'],
    ['a list', () => '[]', 'is no study of Wavetank'],
  ])('is one line: %s', async (name, text, says) => {
    const dir = at(`bad-${name.replaceAll(' ', '-')}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'comparison.json'), text());
    const { code, out, err } = await inProcess('report', dir, '--format', FORMATS);
    expect({ code, out, lines: err.trimEnd().split('\n').length }).toEqual({ code: 2, out: '', lines: 1 });
    expect(err).toContain(says);
  });

  it('is one line for results of runs too', async () => {
    const file = place.file('result.json', '{"format":"wavetank-result/2"}');
    expect(await inProcess('report', file)).toMatchObject({ code: 2, err: expect.stringContaining('a newer one wrote it') });
  });
});
