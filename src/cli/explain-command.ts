/** `wavetank explain <out> <pod>`: why a pod is where it is, or nowhere: attempt by attempt, node by node, plugin by plugin. */

import { Command, Option } from 'commander';
import { type Explainable, type ExplainedPod, explainPod, findPods, loadPlugins, pendingOf, readExplainFile } from '#experiment';
import { nearest, UserError } from '#scenario';
import { pendingText } from './explain-pending-text.ts';
import { nodeText, storyText } from './explain-text.ts';
import { pluginOption, wholeNumber } from './run-options.ts';
import { VERSION } from './version.ts';

interface ExplainFlags {
  readonly node?: string;
  readonly whyPending?: boolean;
  readonly attempt?: number;
  readonly json?: boolean;
  readonly plugin?: readonly string[];
}

/** Attempts that are shown when more were made and none is asked for. */
const LATEST = 3;

export function explainCommand(): Command {
  return new Command('explain')
    .description('say why a pod is on its node, or on none: every attempt with verdicts and scores by node and plugin')
    .argument('<out>', 'the directory of a run, or its explain.gz')
    .argument('<pod>', 'name, or namespace/name')
    .option('--node <name>', 'the full row of one node, beside the winner')
    .option('--why-pending', 'what holds the pod now, and what would wake it')
    .addOption(new Option('--attempt <n>', 'only this attempt').argParser(wholeNumber(1, 1_000_000)))
    .option('--json', 'as JSON')
    .addOption(pluginOption())
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank explain out/first-light web-0-...\n  wavetank explain out/first-light web-0-... --node node-3\n  wavetank explain out/first-light big --why-pending\nA run keeps attempts that found no node; --explain all keeps the others too.',
    )
    .action(async (path: string, pod: string, flags: ExplainFlags) => {
      await loadPlugins(flags.plugin ?? []);
      const explainable = readExplainFile(path);
      if (explainable.explain === 'none')
        throw UserError.at(
          { file: explainable.file },
          'the run kept nothing to explain (--explain none): run it again with --explain failed, or all',
        );
      if (explainable.version !== VERSION)
        process.stderr.write(
          `wavetank: the run was made by version ${explainable.version}, this is ${VERSION}: decisions may come out otherwise\n`,
        );
      const found = findPods(explainable, pod);
      process.stdout.write(flags.whyPending === true ? whyPending(found, flags) : explained(explainable, found, flags));
    });
}

const lines = (texts: readonly string[]): string => `${texts.join('\n')}\n`;

function whyPending(found: readonly ExplainedPod[], { json }: ExplainFlags): string {
  const stories = pendingOf(found);
  if (json === true) return lines([JSON.stringify(stories.length === 1 ? stories[0] : stories, withoutVerdicts, 2)]);
  return lines(stories.flatMap((story, i) => [...(i > 0 ? [''] : []), ...pendingText(story)]));
}

/** Classes say the same as verdicts, more briefly. */
const withoutVerdicts = (key: string, value: unknown): unknown => (key === 'verdicts' ? undefined : value);

function explained(explainable: Explainable, found: readonly ExplainedPod[], flags: ExplainFlags): string {
  const { node, attempt, json } = flags;
  const isShown = (number: number, place: number, count: number): boolean =>
    attempt !== undefined ? number === attempt : json === true || node !== undefined || place >= count - LATEST;
  const stories = found.map((pod) => explainPod(pod, isShown));
  const shown = stories.map(({ attempts }) => attempts.flatMap((one, i) => (isShown(one.number, i, attempts.length) ? [i] : [])));
  if (attempt !== undefined && shown.every((places) => places.length === 0)) throw noAttempt(explainable, found, attempt, stories);
  if (node !== undefined) requireNode(stories, node);
  if (json === true) {
    const all = stories.map((story, i) => ({
      ...story,
      attempts: (shown[i] as number[]).map((place) => forJson(story.attempts[place], node)),
    }));
    return lines([JSON.stringify(all.length === 1 ? all[0] : all, withoutVerdicts, 2)]);
  }
  return lines(
    stories.flatMap((story, i) => [
      ...(i > 0 ? ['', ''] : []),
      ...(stories.length > 1 ? [`${i + 1} of ${stories.length}: uid ${story.uid}, as ${found[i]?.host} saw it`] : []),
      ...(node === undefined
        ? storyText(story, shown[i] as number[])
        : (shown[i] as number[]).flatMap((place) => nodeText(story.attempts[place] as never, node))),
    ]),
  );
}

type Story = ReturnType<typeof explainPod>;

function forJson(attempt: Story['attempts'][number] | undefined, node: string | undefined): unknown {
  if (node === undefined || attempt?.decision === undefined) return attempt;
  const { classes: _classes, ...decision } = attempt.decision;
  return { ...attempt, decision: { ...decision, node: attempt.decision.verdicts.find((verdict) => verdict.node === node) } };
}

function noAttempt({ file, explain }: Explainable, [pod]: readonly ExplainedPod[], attempt: number, stories: readonly Story[]): UserError {
  const kept = stories.flatMap(({ attempts }) => attempts.map(({ number }) => number));
  const has = kept.length === 0 ? 'has none that was kept' : `has ${kept.length > 8 ? `${kept[0]} to ${kept.at(-1)}` : kept.join(', ')}`;
  const hint = explain === 'failed' ? ' (attempts that found a node are kept with --explain all)' : '';
  return UserError.at({ file }, `--attempt ${attempt}: pod ${pod?.key} ${has}${hint}`);
}

function requireNode(stories: readonly Story[], node: string): void {
  const known = new Set(
    stories.flatMap(({ attempts }) => attempts.flatMap(({ decision }) => (decision?.verdicts ?? []).map((verdict) => verdict.node))),
  );
  if (known.has(node)) return;
  if (known.size === 0) throw UserError.at({}, `--node ${node}: no attempt of this pod was kept (run with --explain all)`);
  throw UserError.at({}, `--node ${node}: no node is called so${nearText(node, [...known])}`);
}

function nearText(wanted: string, known: readonly string[]): string {
  const part = known.filter((name) => name.includes(wanted) || wanted.includes(name)).slice(0, 5);
  const meant = part.length === 0 ? nearest(wanted, known) : undefined;
  const near = meant === undefined ? part : [meant];
  return ` (${near.length === 0 ? `there are ${known.length}, such as ${known.slice(0, 3).join(', ')}` : `near it: ${near.join(', ')}`})`;
}
