/** An unmodified kubectl goes through everything that a user does with it, against a served cluster. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STEPS, type Step } from './kubectl-steps.ts';
import { kubectlPath } from './needs.ts';
import { type Answer, type Cluster, run, startCluster } from './serving.ts';

const kubectl = kubectlPath();
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe.skipIf(kubectl === undefined)('kubectl', () => {
  let cluster: Cluster;
  let drained = '';
  beforeAll(async () => {
    cluster = await startCluster({ flags: ['--speed', '10'] });
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  const call = (args: readonly string[], options: Parameters<typeof run>[2] = {}): Promise<Answer> =>
    run(kubectl as string, args, { ...options, env: { KUBECONFIG: cluster.kubeconfig, HOME: cluster.folder, ...options.env } });

  /** `$POD` and its like, as they are now. */
  async function places(step: Step): Promise<(text: string) => string> {
    const written = JSON.stringify(step);
    const values = new Map<string, string>();
    if (written.includes('$NODE')) {
      const { text } = await call(['get', 'nodes', '-o', 'name']);
      values.set('$NODE', text.split('\n')[0]?.replace('node/', '') ?? '');
    }
    if (written.includes('$POD') || written.includes('$WEB_NODE')) {
      const columns = 'custom-columns=N:.metadata.name,O:.spec.nodeName,P:.status.phase,D:.metadata.deletionTimestamp';
      const { text } = await call(['get', 'pods', '-l', 'app=web', '--no-headers', '-o', columns]);
      const [pod = '', node = ''] = (text.split('\n').find((line) => /Running +<none>/.test(line)) ?? '').split(/ +/);
      values.set('$POD', pod).set('$WEB_NODE', node);
      if (step.run.includes('drain')) drained = node;
    }
    values.set('$DRAINED', drained);
    return (text) => [...values].reduce((done, [name, value]) => done.replaceAll(name, value), text);
  }

  const has = (text: string, wanted: string | RegExp): boolean => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));

  async function attempt(step: Step): Promise<Answer> {
    const fill = await places(step);
    const wanted = step.prints.map((each) => (typeof each === 'string' ? fill(each) : each));
    let beside: Promise<Answer> | undefined;
    const answer = await call(step.run.map(fill), {
      ...(step.stdin === undefined ? {} : { stdin: step.stdin }),
      ...(step.editor === undefined ? {} : { env: { KUBE_EDITOR: step.editor } }),
      ...(step.endless === undefined ? {} : { until: (text) => wanted.every((each) => has(text, each)) }),
      begun: () => {
        if (step.meanwhile !== undefined) beside = call(step.meanwhile);
      },
      seconds: step.endless === undefined ? 240 : 60,
    });
    await beside;
    const missing = wanted.filter((each) => !has(answer.text, each));
    const unwanted = (step.printsNot ?? []).filter((each) => has(answer.text, each));
    return missing.length + unwanted.length === 0 && answer.code === (step.code ?? 0)
      ? { code: 0, text: '' }
      : {
          code: 1,
          text: `exit ${answer.code}; missing ${missing.join(' | ')}; unwanted ${unwanted.join(' | ')}\n${answer.text.slice(0, 4000)}`,
        };
  }

  const titles = new Map<string, number>();
  for (const step of STEPS) {
    const plain = `kubectl ${step.run.join(' ')}`;
    const times = (titles.get(plain) ?? 0) + 1;
    titles.set(plain, times);
    it(times === 1 ? plain : `${plain} (${times})`, async () => {
      const deadline = performance.now() + (step.within ?? 0) * 1000;
      let last = await attempt(step);
      while (last.code !== 0 && performance.now() < deadline) {
        await sleep(1000);
        last = await attempt(step);
      }
      expect(last.text).toBe('');
    });
  }

  it('made the cluster complain of nothing', () => expect(cluster.complaints()).toBe(''));
});
