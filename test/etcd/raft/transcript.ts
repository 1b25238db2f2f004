/** Plays a transcript: each command line is followed by what came of it, as raft's own data-driven tests have it.
 *  Member n's election timeout is 9 + n ticks; `elect` is an election of which nothing is shown. */
import type { RaftMessage } from '#etcd';
import { RaftCluster } from './raft-cluster.ts';

/** Answers the whole transcript anew: comments and commands as they stand, consequences as they are now. */
export function playTranscript(text: string): string {
  const out: string[] = [];
  let cluster = new RaftCluster([]);
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line === '') out.push(line);
    if (!line.startsWith('> ')) continue;
    out.push(line);
    const [command = '', ...words] = line.slice(2).split(' ');
    if (command === 'members') cluster = new RaftCluster(words.map(Number), (id) => id - 1);
    else out.push(...perform(cluster, command, words).map((consequence) => `  ${consequence}`));
  }
  return out.join('\n');
}

function perform(cluster: RaftCluster, command: string, words: readonly string[]): string[] {
  const id = Number(words[0]);
  switch (command) {
    case 'campaign':
      cluster.get(id).raft.campaign();
      cluster.settle(id);
      return [];
    case 'elect':
      cluster.get(id).raft.campaign();
      cluster.settle(id);
      deliverAll(cluster, Number.POSITIVE_INFINITY);
      return [];
    case 'propose': {
      const { raft } = cluster.get(id);
      const taken = words.slice(1).map((word) => raft.propose(word, word.length));
      cluster.settle(id);
      return taken.includes(false) ? ['refused'] : [];
    }
    case 'change':
      cluster.get(id).raft.propose(undefined, 0, words[1] === 'add' ? { add: Number(words[2]) } : { remove: Number(words[2]) });
      cluster.settle(id);
      return [];
    case 'join':
      cluster.add(id, []);
      return [];
    case 'read':
      cluster.get(id).raft.readIndex(words[1] ?? 'r');
      cluster.settle(id);
      return [];
    case 'transfer':
      cluster.get(id).raft.transferLeadership(Number(words[1]));
      cluster.settle(id);
      return [];
    case 'tick':
      for (let i = 0; i < Number(words[1] ?? 1); i += 1) cluster.get(id).raft.tick();
      cluster.settle(id);
      return [];
    case 'deliver':
      return deliverAll(cluster, words[0] === undefined ? Number.POSITIVE_INFINITY : id);
    case 'lose':
      return cluster.queue.splice(0).map((message) => `lost ${show(message)}`);
    case 'isolate':
      cluster.isolated.add(id);
      return [];
    case 'heal':
      cluster.isolated.delete(id);
      return [];
    case 'crash':
      cluster.crash(id);
      return [];
    case 'restart':
      cluster.restart(id);
      return [];
    case 'compact':
      cluster.compact(id);
      return [];
    case 'state':
      return [...cluster.members.values()].map(({ raft, applied, reads, down, id: member }) => {
        if (down) return `${member} is down`;
        const { log } = raft;
        const led = raft.leader < 0 ? 'nobody' : raft.leader;
        const head = `${member} ${raft.role} term ${raft.term} follows ${led}, log ${log.firstIndex}..${log.lastIndex}, committed ${log.committed}`;
        return `${head}, applied [${applied.join(' ')}]${reads.length > 0 ? `, reads ${reads.join(' ')}` : ''}`;
      });
    default:
      throw new Error(`unknown command '${command}'`);
  }
}

function deliverAll(cluster: RaftCluster, most: number): string[] {
  const out: string[] = [];
  while (out.length < most && cluster.queue.length > 0) {
    const message = cluster.queue[0] as RaftMessage;
    const lost = cluster.isolated.has(message.to) || cluster.isolated.has(message.from) || (cluster.members.get(message.to)?.down ?? true);
    cluster.deliver();
    out.push(`${lost ? 'lost ' : ''}${show(message)}`);
    if (out.length > 200) throw new Error('the members do not come to rest');
  }
  return out;
}

function show(m: RaftMessage): string {
  const parts = [`${m.from}->${m.to} ${m.type} term ${m.term}`];
  if (m.type === 'App' || m.type === 'AppResp' || m.type === 'Vote' || m.type === 'PreVote') parts.push(`at ${m.index}`);
  if (m.type === 'App' || m.type === 'Vote' || m.type === 'PreVote') parts.push(`of term ${m.logTerm}`);
  if (m.entries.length > 0)
    parts.push(`[${m.entries.map(({ data, change }) => data ?? (change ? JSON.stringify(change) : '-')).join(' ')}]`);
  if (m.type === 'App' || m.type === 'Heartbeat') parts.push(`commit ${m.commit}`);
  if (m.type === 'ReadIndexResp') parts.push(`index ${m.index}`);
  if (m.snapshot !== undefined) parts.push(`snapshot ${m.snapshot.index}`);
  if (m.reject) parts.push(m.type === 'AppResp' ? `refused, perhaps ${m.rejectHint} of term ${m.logTerm}` : 'refused');
  if (m.context !== '') parts.push(`(${m.context})`);
  return parts.join(' ');
}
