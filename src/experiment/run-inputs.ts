/** The files that a run read besides its scenario, by path and digest: what it takes to do the run again from its result. */

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { namedFiles, type Scenario, UserError } from '#scenario';

export interface RunInputs {
  /** Where the scenario lay: what it names lies beside it. */
  readonly scenarioFile: string;
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
}

const CHUNK = 1 << 20;

/** In pieces: a trace may be large. Undefined: it cannot be read. */
function sha256(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) hash.update(buffer.subarray(0, read));
    return hash.digest('hex');
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Nothing for a scenario that stands by itself. */
export function inputsOf({ file, source }: Scenario): { readonly inputs?: RunInputs } {
  const named = file === undefined ? [] : namedFiles(source, file);
  const files = named.flatMap((one) => {
    const digest = sha256(one);
    return digest === undefined ? [] : [{ file: one, sha256: digest }];
  });
  return files.length === 0 || file === undefined ? {} : { inputs: { scenarioFile: resolve(file), files } };
}

/** Throws when one of them is gone or is another now. `result`: the result that names them. */
export function checkInputs({ files }: RunInputs, result: string): void {
  for (const { file, sha256: before } of files) {
    const now = sha256(file);
    if (now === undefined) throw UserError.at({ file: result }, `its run read ${file}, which is not there any more`);
    if (now !== before)
      throw UserError.at(
        { file: result },
        `its run read ${file}, which has changed since (sha256 ${now.slice(0, 12)}, was ${before.slice(0, 12)})`,
      );
  }
}
