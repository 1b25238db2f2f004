/** A scenario as a YAML file: written beside and renamed, so that it is there whole or not at all. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { UserError } from '../user-error.ts';
import type { ScenarioDocument } from './importer.ts';

export function writeScenario(file: string, document: ScenarioDocument): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }));
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw UserError.at({ file }, `cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}
