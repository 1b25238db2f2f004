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

/** Values of several groups as points on one axis, with their quartiles as boxes: distributions that lie under each other. */
export interface StripChart extends ChartHead {
  readonly kind: 'strip';
  readonly xLabel: string;
  readonly groups: readonly { readonly label: string; readonly values: readonly number[]; readonly colour: number }[];
}

/** An estimate with its interval, a row each, around a line at 0. */
export interface ForestChart extends ChartHead {
  readonly kind: 'forest';
  readonly xLabel: string;
  readonly rows: readonly {
    readonly label: string;
    readonly estimate: number;
    readonly interval: readonly [low: number, high: number] | null;
    readonly colour: Dataset['colour'];
  }[];
}

/** Lines over any number, or over words in their order; each with a band where it has bounds. */
export interface CurveChart extends ChartHead {
  readonly kind: 'curve';
  readonly xLabel: string;
  /** Numbers, or words. */
  readonly x: readonly (number | string)[];
  readonly datasets: readonly (Dataset & { readonly low?: readonly (number | null)[]; readonly high?: readonly (number | null)[] })[];
  /** A level worth a line across: an expectation, for example. */
  readonly limit?: { readonly value: number; readonly label: string };
}

/** A table of numbers as colours. */
export interface GridChart extends ChartHead {
  readonly kind: 'grid';
  readonly xLabel: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** values[row][column] */
  readonly values: readonly (readonly (number | null)[])[];
  readonly unit: string;
}

export type Chart = TimeChart | BarChart | HeatChart | StripChart | ForestChart | CurveChart | GridChart;

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
