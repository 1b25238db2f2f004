// A scheduler plugin in one file: pods of one team keep apart.
//
//   wavetank run docs/examples/team-spread.yaml --plugin docs/examples/team-spread.ts
//
// The guide is docs/write-a-plugin.md. Only types are imported, so this file runs wherever it lies.
import type { AnyPlugin, EventRegistration, PluginFactory, Pod } from 'wavetank/plugin';

// What a configuration file may say under pluginConfig[].args.
interface TeamSpreadArgs {
  // A node takes at most so many pods of one team. Without it: any number.
  readonly maxPerNode?: number;
}

// Bits of queueing events: what a waiting pod may be waiting for (framework.ActionType upstream).
const ADD = 1;
const DELETE = 2;

const teamOf = (pod: Pod): string | undefined => pod.metadata?.labels?.['team'];

// 1. The default export makes the plugin from its arguments. It is called once for each profile that runs it.
const teamSpread: PluginFactory = (args): AnyPlugin => {
  const { maxPerNode = Number.POSITIVE_INFINITY } = args as TeamSpreadArgs;
  if (!(maxPerNode >= 1)) throw new Error(`maxPerNode must be at least 1, found ${maxPerNode}`);

  return {
    // 2. The name by which a configuration enables it.
    name: 'TeamSpread',

    // 3. Filter: may this pod run on this node? `undefined` is yes. `node.pods` are those that run there or are about to.
    filter(_state, pod, node) {
      const team = teamOf(pod);
      if (team === undefined) return undefined;
      const there = node.pods.filter((other) => teamOf(other.pod) === team).length;
      if (there < maxPerNode) return undefined;
      // The reason stands in the pod's event: "0/6 nodes are available: 6 node(s) had enough pods of the team."
      // 'Unschedulable' lets preemption try; 'UnschedulableAndUnresolvable' says that evicting pods would not help.
      return { code: 'Unschedulable', reasons: ['node(s) had enough pods of the team'] };
    },

    // 4. Score: how good is this node for this pod? Any whole number, for each node that passed all filters.
    score(_state, pod, node) {
      const team = teamOf(pod);
      return node.pods.filter((other) => teamOf(other.pod) === team).length;
    },

    // 5. NormalizeScore brings the scores of all nodes to 0..100, 100 the best: here the node with fewest pods of the team.
    //    The framework multiplies them by the plugin's weight and adds them to the others'.
    normalizeScore(_state, _pod, scores) {
      const most = Math.max(...scores.map((entry) => entry.score), 1);
      for (const entry of scores) entry.score = Math.trunc((100 * (most - entry.score)) / most);
    },

    // 6. A pod that this plugin rejected waits until something happens that may help it. Without hints it would be tried after every such event.
    eventsToRegister(): readonly EventRegistration[] {
      return [
        { resource: 'Node', action: ADD },
        {
          resource: 'AssignedPod',
          action: DELETE,
          hint: (pod, deleted) => (teamOf(deleted as Pod) === teamOf(pod) ? 'Queue' : 'QueueSkip'),
        },
      ];
    },
  };
};

export default teamSpread;
