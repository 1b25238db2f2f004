/** Field errors as apimachinery v1.34 pkg/util/validation/field prints them: `profiles[0].plugins: Invalid value: 101: not in valid range [0-100]`. */

/** One fault of a configuration. `path` leads to the value in the file, so that a reader can find its line. */
export interface ConfigurationError {
  readonly path: readonly (string | number)[];
  /** The whole sentence, path included. */
  readonly text: string;
}

export type Path = readonly (string | number)[];

export function pathText(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const fault = (path: Path, what: string): ConfigurationError => ({ path, text: `${pathText(path)}: ${what}` });

export const required = (path: Path, detail = ''): ConfigurationError =>
  fault(path, detail === '' ? 'Required value' : `Required value: ${detail}`);
export const invalidValue = (path: Path, value: unknown, detail: string): ConfigurationError =>
  fault(path, `Invalid value: ${shown(value)}: ${detail}`);
/** The same for a value that prints itself. */
export const invalidText = (path: Path, value: string, detail: string): ConfigurationError =>
  fault(path, `Invalid value: ${value}: ${detail}`);
export const duplicate = (path: Path, value: unknown): ConfigurationError => fault(path, `Duplicate value: ${shown(value)}`);
export const forbiddenValue = (path: Path, detail: string): ConfigurationError => fault(path, `Forbidden: ${detail}`);
export const notSupported = (path: Path, value: unknown, supported: readonly string[]): ConfigurationError =>
  fault(path, `Unsupported value: ${shown(value)}: supported values: ${supported.map((name) => JSON.stringify(name)).join(', ')}`);
/** What strict decoding says of a key that the type does not have. */
export const unknownField = (path: Path): ConfigurationError => ({
  path,
  text: `strict decoding error: unknown field "${pathText(path)}"`,
});
/** A value of another type than the field's. */
export const wrongType = (path: Path, value: unknown, expected: string): ConfigurationError =>
  fault(
    path,
    `expected ${expected}, found ${value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a mapping' : shown(value)}`,
  );
