/** What a section of the report is made of: charts as data (drawn by browser/charts.js), tables and sentences as HTML. */

/** A line, a band of a stack, or a group of bars. `values[i]` belongs to `chart.x[i]`. */
export interface Dataset {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Which colour of the page's palette: a number, or a name with a meaning ('good', 'bad', 'muted'). */
  readonly colour: number | 'good' | 'bad' | 'muted';
  /** Percentiles of one thing share a colour and differ in their dash. */
  readonly dash?: 'solid' | 'dashed' | 'dotted';
}

interface ChartHead {
  /** Unique in the page; a letter first. */
  readonly id: string;
  readonly title: string;
  /** What is drawn, in which unit, and where it was measured: the sentence under the chart, also read to those who cannot see it. */
  readonly caption: string;
  readonly yLabel: string;
}

/** Something over simulated time; faults and phases stand on its axis. */
export interface TimeChart extends ChartHead {
  readonly kind: 'lines' | 'stack';
  /** Seconds of simulated time. */
  readonly x: readonly number[];
  readonly datasets: readonly Dataset[];
  /** A logarithmic axis for latencies, whose percentiles lie decades apart. */
  readonly scale?: 'linear' | 'log';
}

/** Categories with bars. */
export interface BarChart extends ChartHead {
  readonly kind: 'bars';
  readonly categories: readonly string[];
  readonly xLabel: string;
  readonly datasets: readonly Dataset[];
  readonly scale?: 'linear' | 'log';
  /** Bars that lie down: for categories with long names. */
  readonly lying?: boolean;
}

/** How many of something fall into which row, over time: the darker, the more. */
export interface HeatChart extends ChartHead {
  readonly kind: 'heat';
  readonly x: readonly number[];
  readonly rows: readonly string[];
  /** cells[column][row] */
  readonly cells: readonly (readonly number[])[];
  readonly cellLabel: string;
}

export type Chart = TimeChart | BarChart | HeatChart;

/** One part of the page, with a heading that the table of contents names. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML before the charts; text in it is escaped already. */
  readonly html?: string;
  readonly charts?: readonly Chart[];
  /** Shown when there is nothing to draw: why, in a sentence. */
  readonly empty?: string;
}
