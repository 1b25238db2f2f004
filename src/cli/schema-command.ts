/** `wavetank schema`: the JSON schemas of what Wavetank reads and writes, for editors and for other programs. */

import { Argument, Command } from 'commander';
import { capacitySchema, ciSchema, comparisonSchema, gpuStudySchema, resultSchema, sweepResultSchema, sweepSchema } from '#experiment';
import { pricesSchema, scenarioSchema } from '#scenario';

const SCHEMAS: Readonly<Record<string, object>> = {
  scenario: scenarioSchema,
  result: resultSchema,
  sweep: sweepSchema,
  prices: pricesSchema,
  comparison: comparisonSchema,
  'sweep-result': sweepResultSchema,
  capacity: capacitySchema,
  ci: ciSchema,
  'gpu-study': gpuStudySchema,
};

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print a JSON schema: of scenarios, of result.json, of study files, of price lists, of what studies leave')
    .addArgument(new Argument('[which]', 'which').choices(Object.keys(SCHEMAS)).default('scenario'))
    .addHelpText('after', '\nExamples:\n  wavetank schema > scenario.schema.json\n  wavetank schema result')
    .action((which: string) => {
      process.stdout.write(`${JSON.stringify(SCHEMAS[which], null, 2)}\n`);
    });
}
