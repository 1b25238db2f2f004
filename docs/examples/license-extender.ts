// An HTTP extender in one file: only some nodes have a licence for what a pod runs, and the emptier licence server is liked better.
//
//   wavetank run docs/examples/license-extender.yaml
//
// kube-scheduler would POST the same arguments to the extender's URL and read the same answers. Only types are imported, so this file runs wherever it lies.
import type { ExtenderArgs, ExtenderFilterResult, HostPriorityList } from 'wavetank/plugin';

const isLicensed = (node: string): boolean => Number(node.slice(node.lastIndexOf('-') + 1)) % 2 === 0;

// Called once the scheduler's own filters have left some nodes. Nodes that are not named again are out; FailedNodes says why.
export function filter({ NodeNames }: ExtenderArgs): ExtenderFilterResult {
  const names = NodeNames ?? [];
  const refused = names.filter((name) => !isLicensed(name));
  return {
    NodeNames: names.filter(isLicensed),
    FailedNodes: Object.fromEntries(refused.map((name) => [name, 'node(s) without a licence'])),
  };
}

// 0 to 10 for each node; times the extender's weight and ten, it joins the scores of the plugins.
export function prioritize({ NodeNames }: ExtenderArgs): HostPriorityList {
  return (NodeNames ?? []).map((Host) => ({ Host, Score: Host.endsWith('0') ? 10 : 5 }));
}
