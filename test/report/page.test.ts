/** The report as text: one file that asks the network for nothing, says what it cannot draw, and cannot be broken by a name. */
import { describe, expect, it } from 'vitest';
import { renderReport } from '#report';
import { emptyResult, exampleResult } from './example-result.ts';

const chartsOf = (html: string) =>
  JSON.parse((html.match(/<script type="application\/json" id="charts">(.*?)<\/script>/s) as RegExpMatchArray)[1] as string);

describe('renderReport', () => {
  it('is one file that loads nothing', () => {
    const html = renderReport(exampleResult());
    expect(html).not.toMatch(/<(script|link|img|iframe)[^>]+(src|href)="(?!data:|#)/);
    expect(html).not.toMatch(/@import|sourceMappingURL=\S+\.map/);
    expect(html).toContain("default-src 'none'");
  });

  it('has a title, a caption with a unit and an axis label for every chart', () => {
    const { charts } = chartsOf(renderReport(exampleResult()));
    expect(charts.length).toBeGreaterThanOrEqual(15);
    for (const chart of charts) {
      expect(chart.title, chart.id).not.toBe('');
      expect(chart.caption, chart.id).toMatch(/\.$/);
      expect(`${chart.yLabel}${chart.xLabel ?? ''}`, chart.id).not.toBe('');
    }
    expect(new Set(charts.map(({ id }: { id: string }) => id)).size).toBe(charts.length);
  });

  it('draws every part that a result of a cluster run holds', () => {
    const ids = chartsOf(renderReport(exampleResult())).charts.map(({ id }: { id: string }) => id);
    for (const id of [
      'podsByPhase',
      'podThroughput',
      'submissionToBinding',
      'schedulingAttempt',
      'apiLatency',
      'etcdRequest',
      'etcdFsync',
      'schedulerQueues',
      'workQueues',
      'heatcpu',
      'utilisationAtTheEnd',
      'podStartHistogram',
    ]) {
      expect(ids).toContain(id);
    }
  });

  it('says in a sentence what it has nothing to draw of', () => {
    const html = renderReport(emptyResult());
    expect(chartsOf(html).charts).toEqual([]);
    expect(html.match(/<p class="empty">/g)?.length).toBeGreaterThanOrEqual(9);
    expect(html).toContain('This result is partial: interrupted at 0.0 s of simulated time.');
  });

  it('gives what happens within a bucket one letter, and counts what happens often', () => {
    const html = renderReport(exampleResult());
    expect(chartsOf(html).marks.map(({ letter }: { letter: string }) => letter)).toEqual(['A', 'B', 'C', 'D']);
    expect(html).toContain('node lost (5 times)');
    const many = Array.from({ length: 28 }, (_, i) => ({ atSeconds: i * 20, name: `m${i}` }));
    const two = [{ atSeconds: 540.5, name: 'together' }];
    const marks = chartsOf(renderReport(exampleResult({ marks: [...two, ...many] }))).marks;
    expect(marks.length).toBe(28);
    expect(marks.slice(25).map(({ letter }: { letter: string }) => letter)).toEqual(['Z', 'A1', 'B1']);
  });

  it('cannot be broken out of by names', () => {
    const hostile = `</script><script>alert(1)</script>"'<img src=x onerror=alert(1)>`;
    const html = renderReport(
      exampleResult({
        scenario: hostile,
        question: hostile,
        scenarioSource: { [hostile]: hostile },
        notes: [hostile],
        marks: [{ atSeconds: 1, name: hostile, detail: hostile }],
        verdicts: [{ metric: hostile, expected: hostile, measured: 1, unit: hostile, pass: false, note: hostile }],
        distributions: { [hostile]: { count: 1, mean: 1, min: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 } },
        series: [{ name: 'workqueue_depth', kind: 'gauge', unit: 'keys', labels: { name: hostile }, values: [1, 2] }],
      }),
    );
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(chartsOf(html).charts.find(({ id }: { id: string }) => id === 'workQueues').datasets[0].label).toBe(hostile);
  });

  it('merges seconds and milliseconds into the unit that its axis names', () => {
    const { charts } = chartsOf(renderReport(exampleResult()));
    const bars = charts.find(({ id }: { id: string }) => id === 'podStartParts');
    const p50 = bars.datasets.find(({ label }: { label: string }) => label === 'p50');
    expect(bars.xLabel).toBe('seconds');
    expect(p50.values[bars.categories.indexOf('request to binding')]).toBeCloseTo(0.128, 6);
    expect(p50.values[bars.categories.indexOf('request to ready')]).toBeCloseTo(6.4, 6);
  });
});
