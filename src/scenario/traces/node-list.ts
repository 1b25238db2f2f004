/** Lists of machines: openb's (sn, cpu_milli, memory_mib, gpu, model) and that of Alibaba's spot GPU trace (gpu_model, gpu_capacity_num, cpu_num, node_name). */

import { UserError } from '../user-error.ts';
import { GPU_MODEL_LABEL, GPU_RESOURCE } from '../workloads/openb.ts';
import { csvRows, type Row } from './csv-rows.ts';
import type { Tally } from './tally.ts';
import { labelValue, objectName } from './trace-item.ts';

interface ListedNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly gpus: number;
  readonly model: string;
}

/** assumed, where a list says nothing of memory: GiB a CPU. */
const GIB_PER_CPU = 4;

export async function readNodeList(file: string, tally: Tally): Promise<ListedNode[]> {
  const nodes: ListedNode[] = [];
  const lines = new Map<string, number>();
  for await (const row of csvRows(file, [])) {
    const node = listedNode(row, tally);
    const before = lines.get(node.name);
    if (before !== undefined) throw row.mistake(`'${node.name}' stands already in line ${before}`);
    lines.set(node.name, row.line);
    nodes.push(node);
  }
  return nodes;
}

function listedNode(row: Row, tally: Tally): ListedNode {
  const isOpenb = row.has('sn');
  if (!isOpenb && !row.has('node_name'))
    throw UserError.at(
      { file: row.file, line: 1 },
      "has neither the column 'sn' (openb) nor 'node_name' (Alibaba spot GPU): not a list of nodes",
    );
  const text = row.text(isOpenb ? 'sn' : 'node_name');
  const name = objectName(/^\d/.test(text) ? `node-${text}` : text);
  if (name === '') throw row.mistake(`'${text}' is no name for a node`);
  if (isOpenb)
    return {
      name,
      cpuMilli: row.number('cpu_milli'),
      memoryMib: row.number('memory_mib'),
      gpus: row.number('gpu'),
      model: row.text('model'),
    };
  tally.note(`the node list says nothing of memory: ${GIB_PER_CPU} GiB a CPU are assumed`);
  const cpus = row.number('cpu_num');
  return {
    name,
    cpuMilli: cpus * 1000,
    memoryMib: cpus * GIB_PER_CPU * 1024,
    gpus: row.number('gpu_capacity_num'),
    model: row.text('gpu_model'),
  };
}

/** Machines of one kind are one pool, which keeps their names. */
export function nodePoolsOf(
  nodes: readonly ListedNode[],
): { name: string; count: number; names: string[]; capacity: Record<string, string>; labels?: Record<string, string> }[] {
  const pools = new Map<string, ListedNode[]>();
  for (const node of nodes) {
    const key = `${node.cpuMilli}/${node.memoryMib}/${node.gpus}/${node.model}`;
    const found = pools.get(key);
    if (found === undefined) pools.set(key, [node]);
    else found.push(node);
  }
  return [...pools.values()].map((members, index) => {
    const { cpuMilli, memoryMib, gpus, model } = members[0] as ListedNode;
    return {
      name: `pool-${index + 1}`,
      count: members.length,
      names: members.map(({ name }) => name),
      capacity: {
        cpu: `${cpuMilli}m`,
        memory: `${Math.round(memoryMib)}Mi`,
        pods: '250',
        ...(gpus === 0 ? {} : { [GPU_RESOURCE]: String(gpus) }),
      },
      ...(model === '' ? {} : { labels: { [GPU_MODEL_LABEL]: labelValue(model) } }),
    };
  });
}
