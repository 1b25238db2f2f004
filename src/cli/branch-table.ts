/** Branches on the terminal: what each did otherwise, and the chief metrics side by side. */

import { type Branches, chiefBranchMetrics, inUnit, studyMetric } from '#experiment';
import { columns } from './verdict-table.ts';

export function branchTable(all: Branches): string {
  const { branches, scenario, seed, atSeconds } = all;
  const rows = chiefBranchMetrics(all).map((metric) => {
    const unit = studyMetric(metric)?.unit ?? '';
    return [metric, ...branches.map(({ metrics }) => (metrics[metric] === undefined ? '-' : inUnit(metrics[metric], unit)))];
  });
  const held = branches.map(({ verdicts }) => `${verdicts.filter(({ pass }) => pass).length} of ${verdicts.length}`);
  const lines = [
    `${scenario}, seed ${seed}: one past until ${atSeconds} s, and from there`,
    ...branches
      .slice(1)
      .map(({ name, set, acts }) => `  ${name}: ${set.join(' ')} (${acts.length === 0 ? 'nothing happens otherwise' : acts.join('; ')})`),
    '',
    ...columns([
      ['metric', ...branches.map(({ name }) => name)],
      ...rows,
      ['expectations that hold', ...held],
      ['digest', ...branches.map(({ digest }) => digest)],
    ]),
    '',
  ];
  return `${lines.join('\n')}\n`;
}
