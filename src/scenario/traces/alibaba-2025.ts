/** Alibaba cluster-trace-gpu-v2025 (disaggregated DLRM): a row an instance of an application. CPU in cores, memory and disk in GiB, whole cards; RDMA and the most
 *  instances of an application on a node are extended resources, so that the scheduler keeps to them. An empty creation_time means: there from the beginning. */

import { csvRows, type Row } from './csv-rows.ts';
import { rowImporter } from './importer.ts';
import { GPU, labelValue, objectName, type PodItem, traceContainer } from './trace-item.ts';

const NEEDED = ['instance_sn', 'role', 'app_name', 'cpu_request', 'gpu_request', 'memory_request', 'creation_time', 'deletion_time'];
const IMAGE = 'dlrm:1';
const RDMA = 'rdma.wavetank.dev/share';
/** Of RDMA's shares on one node. The trace counts them in percent of a machine's bandwidth. */
const RDMA_PER_NODE = 100;
const SLOTS = 'slots.wavetank.dev/';

function podOf(row: Row): { readonly pod: PodItem; readonly most: number; readonly app: string; readonly rdma: number } {
  const name = objectName(row.text('instance_sn'));
  if (name === '') throw row.mistake("'instance_sn' is empty");
  const [at, until] = [row.optionalNumber('creation_time') ?? 0, row.optionalNumber('deletion_time')];
  if (until !== undefined && until < at) throw row.mistake(`deletion_time ${until} is before creation_time ${at}`);
  const demand = {
    cpuMilli: Math.round(row.number('cpu_request') * 1000),
    memoryMib: Math.round(row.number('memory_request') * 1024),
    gpus: row.number('gpu_request'),
  };
  if (!Number.isInteger(demand.gpus)) throw row.mistake(`'gpu_request' must be a whole number of cards, found ${demand.gpus}`);
  const app = labelValue(row.text('app_name'));
  const limit = row.text('max_instance_per_node');
  const most = limit === '' || limit === '-1' ? 0 : row.number('max_instance_per_node');
  const [rdma, disk] = [row.optionalNumber('rdma_request') ?? 0, row.optionalNumber('disk_request') ?? 0];
  const requests = {
    cpu: `${demand.cpuMilli}m`,
    memory: `${demand.memoryMib}Mi`,
    ...(demand.gpus === 0 ? {} : { [GPU]: String(demand.gpus) }),
    ...(disk === 0 ? {} : { 'ephemeral-storage': `${Math.round(disk * 1024)}Mi` }),
    ...(rdma === 0 ? {} : { [RDMA]: String(Math.ceil(rdma)) }),
    ...(most === 0 || app === '' ? {} : { [`${SLOTS}${app}`]: '1' }),
  };
  const role = labelValue(row.text('role'));
  const shape = {
    namespace: 'default',
    labels: { app, role },
    spec: { containers: [traceContainer(IMAGE, requests)], terminationGracePeriodSeconds: 1 },
  };
  return { pod: { what: 'pod', at, name, shape, demand, line: row.line, ...(until === undefined ? {} : { until }) }, most, app, rdma };
}

export const alibaba2025 = rowImporter({
  kind: 'alibaba-2025',
  description: 'Alibaba cluster-trace-gpu-v2025, disaggregated DLRM (CSV): a row an instance',
  unit: 'instances',
  example: 'wavetank import alibaba-2025 trace.csv.gz --sample 5% --from 1d --to 2d --time-scale 60 -o dlrm.yaml',
  images: { [IMAGE]: '100MB' },
  async *items([file], _options, tally, { everyNode }) {
    for await (const row of csvRows(file as string, NEEDED, tally)) {
      const read = tally.judged(() => podOf(row));
      if (read === undefined) continue;
      if (read.rdma > 0) everyNode[RDMA] = String(Math.max(Number(everyNode[RDMA] ?? RDMA_PER_NODE), Math.ceil(read.rdma)));
      everyNode['ephemeral-storage'] = '16Ti';
      if (read.most > 0 && read.app !== '') everyNode[`${SLOTS}${read.app}`] = String(read.most);
      yield read.pod;
    }
    tally.note(
      `RDMA is the extended resource ${RDMA}, ${RDMA_PER_NODE} a node (assumed); max_instance_per_node is one of ${SLOTS}<app>; nodes have 16 TiB of disk (assumed)`,
    );
  },
});
