/** `wavetank schema`: the JSON schema of scenarios, for editors. */

import { Command } from 'commander';
import { scenarioSchema } from '#scenario';

export function schemaCommand(): Command {
  return new Command('schema')
    .description("print the scenario's JSON schema (scenarios/schema/scenario.schema.json)")
    .addHelpText('after', '\nExample:\n  wavetank schema > scenario.schema.json')
    .action(() => {
      process.stdout.write(`${JSON.stringify(scenarioSchema, null, 2)}\n`);
    });
}
