/** What a study says, apart from how it looks: rows for programs, a table for people, cases for CI, gauges for a scrape. Each kind of study makes one. */

export interface Column {
  readonly name: string;
  readonly type: 'text' | 'number';
}

/** A number, a text, or nothing where nothing was measured. */
export type Value = string | number | null;

export interface Case {
  readonly name: string;
  /** Why it does not pass. */
  readonly failure?: string;
  /** Why it was not judged. */
  readonly skipped?: string;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

export interface StudyData {
  /** What files are called: 'comparison' makes comparison.csv. */
  readonly kind: string;
  readonly title: string;
  /** The answer, in a sentence. */
  readonly answer: string;
  readonly partial: boolean;
  readonly version: string;
  /** '' where there is none. */
  readonly digest: string;
  readonly notes: readonly string[];
  /** A row a value measured, in long form. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** For people: a few columns, in words with units. */
  readonly head: readonly string[];
  readonly table: readonly (readonly string[])[];
  readonly cases: readonly Case[];
  readonly gauges: readonly Gauge[];
}
