/** Judges one recorded decision: runs our plugins over all nodes and reports every difference. */

import type { Pod } from '#api';
import { AttemptError } from '../attempt-error.ts';
import { fitErrorMessage } from '../diagnosis.ts';
import { type Evaluation, evaluateAll } from '../evaluate-all.ts';
import type { Handle } from '../framework.ts';
import { podKey } from '../pod-fields.ts';
import { dryRun, isEligibleToPreempt, pickCandidates, potentialNodes } from '../preemption.ts';
import { Profile } from '../profile.ts';
import { messageOf, type Status } from '../status.ts';
import { type DecisionVector, type ExpectedStatus, handleOf, LATE } from './vector.ts';

const CODES: Readonly<Record<string, string>> = { Unschedulable: 'U', UnschedulableAndUnresolvable: 'UU' };
const codeOf = (status: Status | undefined): string => (status === undefined ? 'Success' : (CODES[status.code] ?? status.code));

const show = (value: unknown): string => (value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value));

/** Collects what differs. */
class Differences {
  readonly lines: string[] = [];

  equal(what: string, expected: unknown, actual: unknown): void {
    if (show(expected) !== show(actual)) this.lines.push(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  }
}

/** Go walks a pod's scalar resources in any order: reasons are compared as a set. */
const sortedReasons = (reasons: readonly string[] | undefined): readonly string[] | undefined =>
  reasons === undefined ? undefined : [...reasons].sort();

const plain = (status: Status | undefined) =>
  status === undefined ? undefined : { plugin: status.plugin, code: codeOf(status), reasons: sortedReasons(status.reasons) };

const ofStatus = (expected: ExpectedStatus | undefined) =>
  expected === undefined ? undefined : { plugin: expected.plugin, code: expected.code, reasons: sortedReasons(expected.reasons ?? []) };

function compareNodes(expect: DecisionVector['expect'], evaluation: Evaluation, differences: Differences): void {
  const expected = expect.nodes ?? {};
  const indexOf = new Map(evaluation.feasible.map((node, i) => [node.name, i]));
  const names = evaluation.scores.map((scores) => scores.plugin);
  if (evaluation.feasible.length > 0) differences.equal('scorePlugins', expect.scorePlugins, names);
  for (const name in expected) {
    const wanted = expected[name] as NonNullable<DecisionVector['expect']['nodes']>[string];
    const at = indexOf.get(name);
    if (at === undefined) {
      const status = evaluation.statuses.byNode.get(name) ?? evaluation.statuses.absent;
      differences.equal(
        `node ${name}`,
        { plugin: wanted.plugin, code: wanted.code, reasons: sortedReasons(wanted.reasons), scores: wanted.scores },
        plain(status),
      );
      continue;
    }
    const scores = evaluation.scores.map((ofPlugin) => ofPlugin.scores[at]?.score);
    differences.equal(
      `node ${name}`,
      { scores: wanted.scores, total: wanted.total, code: wanted.code, reasons: wanted.reasons },
      { scores, total: evaluation.totals[at] },
    );
  }
}

function comparePostFilter(
  vector: DecisionVector,
  profile: Profile,
  handle: Handle,
  evaluation: Evaluation,
  differences: Differences,
): void {
  const expected = vector.expect.postFilter;
  if (expected === undefined) return;
  const pod: Pod = vector.pending;
  const { statuses, state } = evaluation;
  const refusal = isEligibleToPreempt(pod, statuses, handle);
  differences.equal('postFilter.eligible', expected.eligible ?? false, refusal === undefined);
  const nodes = refusal === undefined ? potentialNodes(statuses, handle) : [];
  const sorted = (names: readonly string[]): string[] => [...names].sort();
  differences.equal('postFilter.potential', sorted(expected.potential ?? []), sorted(nodes.map((node) => node.name)));
  if (refusal === undefined && expected.candidates !== undefined) {
    const { candidates } = dryRun(state, pod, nodes, 0, nodes.length, handle);
    const byName = new Map(
      candidates.map((c) => [c.node, { node: c.node, victims: c.victims.map(podKey), pdbViolations: c.pdbViolations }]),
    );
    differences.equal('postFilter candidates', sorted(expected.candidates.map((c) => c.node)), sorted([...byName.keys()]));
    for (const candidate of expected.candidates) {
      const { node, victims, pdbViolations } = candidate;
      differences.equal(`postFilter candidate ${node}`, { node, victims, pdbViolations }, byName.get(node));
    }
    const tied = candidates.length === 0 ? [] : pickCandidates(candidates, LATE).map((c) => c.node);
    differences.equal('postFilter.best', sorted(expected.best ?? []), tied);
  }
  const result = profile.runPostFilter(state, pod, statuses, handle);
  differences.equal('postFilter.code', expected.code, codeOf(result.status));
  differences.equal('postFilter.message', expected.message ?? '', messageOf(result.status));
}

/** What differs from the recording; empty when all is equal. */
export function judgeDecision(vector: DecisionVector): string[] {
  const profile = new Profile();
  const handle = handleOf(profile, vector);
  const differences = new Differences();
  const { expect, pending } = vector;
  if (expect.nodeOrder !== undefined)
    differences.equal(
      'nodeOrder',
      expect.nodeOrder,
      handle.snapshot.nodes.map((node) => node.name),
    );
  const gated = profile.runPreEnqueue(pending);
  differences.equal('gated', ofStatus(expect.gated), plain(gated));
  if (gated !== undefined) return differences.lines;
  let evaluation: Evaluation;
  try {
    evaluation = evaluateAll(profile, pending, handle);
  } catch (error) {
    // An error on one node ends the attempt with its text.
    if (!(error instanceof AttemptError)) throw error;
    differences.equal('message', expect.message, error.message);
    return differences.lines;
  }
  differences.equal('preFilter', ofStatus(expect.preFilter), plain(evaluation.preFilter));
  if (expect.preFilter === undefined) {
    const narrowed = evaluation.preFilterNodes === undefined ? undefined : [...evaluation.preFilterNodes].sort();
    differences.equal('preFilterNodes', expect.preFilterNodes === undefined ? undefined : [...expect.preFilterNodes].sort(), narrowed);
    compareNodes(expect, evaluation, differences);
    differences.equal('best', expect.best ?? [], evaluation.best);
  }
  if (evaluation.feasible.length === 0) {
    const preFilterMessage = messageOf(evaluation.preFilter);
    const message = fitErrorMessage({
      nodeCount: handle.snapshot.nodes.length,
      statuses: evaluation.statuses,
      preFilterMessage,
      postFilterMessage: '',
    });
    differences.equal('message', expect.message, message);
    comparePostFilter(vector, profile, handle, evaluation, differences);
  } else differences.equal('message', expect.message, undefined);
  return differences.lines;
}
