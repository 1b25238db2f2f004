/** The forms of a result besides the page: each holds what it must, and names in a result cannot break it. */
import { describe, expect, it } from 'vitest';
import { REPORT_FORMATS } from '#report';
import { emptyResult, exampleResult } from './example-result.ts';

const render = (name: string, result = exampleResult()) => (REPORT_FORMATS[name] as { render: (result: object) => string }).render(result);
const hostile = `a"b,c\n<d>&|e\`=`;
const hostileResult = exampleResult({
  scenario: hostile,
  verdicts: [{ metric: hostile, expected: hostile, measured: 1, unit: 'ms', pass: false, note: hostile }],
  series: [{ name: hostile, kind: 'gauge', unit: 'x', labels: { [hostile]: hostile }, values: [1, null, 3] }],
  distributions: {},
});

describe('csv', () => {
  it('has a row a value, and none for a bucket without samples', () => {
    const result = exampleResult();
    const rows = render('csv').split('\r\n');
    const values = result.series.flatMap(({ values }) => values).filter((value) => value !== null);
    expect(rows[0]).toBe('series,labels,kind,unit,at_seconds,value');
    expect(rows.length).toBe(1 + values.length + 1);
    expect(rows).toContain('wavetank_pods,state=Running,gauge,pods,1790,15000');
  });
  it('quotes what needs quotes', () => {
    expect(render('csv', hostileResult)).toContain('"a""b,c\n<d>&|e`=","a""b,c\n<d>&|e`==a""b,c\n<d>&|e`=",gauge,x,20,3');
  });
  it('starts no cell with a formula', () => {
    const result = exampleResult({ series: [{ name: '=HYPERLINK(1)', kind: 'gauge', unit: '', labels: {}, values: [1] }] });
    expect(render('csv', result)).toContain("\r\n'=HYPERLINK(1),");
  });
});

describe('junit', () => {
  it('has a test case an expectation, and a failure for each that fails', () => {
    const xml = render('junit');
    expect(xml.match(/<testcase /g)?.length).toBe(7);
    expect(xml.match(/<failure /g)?.length).toBe(2);
    expect(xml).toContain('<testsuite name="example" tests="7" failures="2" errors="0"');
    expect(xml).toContain('message="measured 131 ms, expected &lt; 100 ms"');
  });
  it('escapes names, and counts a partial run as an error', () => {
    expect(render('junit', hostileResult)).toContain('<testcase classname="a&quot;b,c\n&lt;d&gt;&amp;|e`="');
    expect(render('junit', emptyResult())).toContain('tests="0" failures="0" errors="1"');
  });
});

describe('markdown', () => {
  it('is a table with a sentence above and below', () => {
    const text = render('markdown');
    expect(text).toMatch(/^### example: 2 of 7 fail\n/);
    expect(text).toContain('| ✗ | apiLatencyP95 | 131 ms | \\< 100 ms |');
    expect(text).toContain('500 nodes, 17,420 pods created, 17,411 bound; 30 min simulated in 9.4 s');
  });
  it('keeps a hostile name inside its cell', () => {
    const rows = render('markdown', hostileResult)
      .split('\n')
      .filter((line) => line.startsWith('| ✗'));
    expect(rows).toEqual(['| ✗ | a"b,c \\<d\\>\\&\\|e\\`= | 1 ms | a"b,c \\<d\\>\\&\\|e\\`= |']);
  });
});

describe('prometheus', () => {
  const text = render('prometheus');
  it('is the text format: every line a comment or a sample, each family declared once', () => {
    const types = text.split('\n').filter((line) => line.startsWith('# TYPE '));
    expect(new Set(types.map((line) => line.split(' ')[2])).size).toBe(types.length);
    for (const line of `${text}${render('prometheus', hostileResult)}`.split('\n').filter((line) => line !== '')) {
      expect(line).toMatch(
        /^(# TYPE [a-z_][a-z0-9_]* (gauge|counter|summary)|[a-z_][a-z0-9_]*(\{[a-z_][a-z0-9_]*="([^"\\\n]|\\.)*"(,[a-z_][a-z0-9_]*="([^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+)$/,
      );
    }
  });
  it('ends with levels, totals, and durations in seconds', () => {
    expect(text).toContain('wavetank_pods{state="Running"} 15000\n');
    const created = exampleResult().series.find(({ name }) => name === 'wavetank_pods_created_total')?.values as number[];
    expect(text).toContain(`wavetank_pods_created_total ${created.reduce((a, b) => a + b)}\n`);
    expect(text).toContain('wavetank_submission_to_binding_seconds{quantile="0.5"} 0.128\n');
    expect(text).toContain('wavetank_pod_start_seconds{quantile="0.5"} 6.4\n');
  });
});
