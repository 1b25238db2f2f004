/** What a user may ask of any import: which stretch of the trace, how much of it, how fast, on which cluster. */

export interface ImportOptions {
  readonly name: string;
  readonly seed: number;
  /** Simulated time runs this many times as fast as the trace's. */
  readonly timeScale: number;
  /** Share of pods (or objects) that are kept. */
  readonly sample: number;
  /** Pods are repeated until the scarcest resource is asked for so many times over at the peak. */
  readonly inflate?: number;
  readonly anonymise: boolean;
  /** Seconds from the beginning of the trace. */
  readonly from?: number;
  readonly to?: number;
  /** The first bad row ends the import; else bad rows are left out and counted. */
  readonly strict: boolean;
  /** The cluster, where the trace has none: so many nodes, of so much, or a list of machines. */
  readonly nodes?: number;
  readonly nodeCapacity?: Readonly<Record<string, string>>;
  readonly nodeList?: string;
  /** Pods of a dump are placed anew. */
  readonly reschedule?: boolean;
  /** Of one kind of trace alone, by the option's name. */
  readonly own: Readonly<Record<string, string>>;
}

/** An option of one kind of trace. */
export interface OwnOption {
  readonly flags: string;
  readonly description: string;
  readonly required?: boolean;
}

export const IMPORT_DEFAULTS: ImportOptions = {
  name: 'trace',
  seed: 1,
  timeScale: 1,
  sample: 1,
  anonymise: false,
  strict: false,
  own: {},
};
