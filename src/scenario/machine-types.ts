/** A catalogue of machine types with their prices: data, with its date and its source. Prices change; `--prices` takes a file of one's own.
 *
 *  Source: the providers' public list prices for on-demand Linux machines (AWS us-east-1, Google Cloud us-central1, Azure East US), in US dollars an
 *  hour, as they were known in mid-2024. They were written down from memory of those lists and not fetched: compare before money depends on them.
 *  Spot prices move by the hour; each provider's is here a usual share of the list price, which is an assumption. */

import { dirname, isAbsolute, join } from 'node:path';
import { nearest } from './nearest.ts';
import type { JsonSchema } from './schema-pieces.ts';
import { readSource } from './source.ts';
import { UserError } from './user-error.ts';
import { validate } from './validate.ts';

export interface MachineType {
  readonly name: string;
  readonly provider: string;
  readonly cpu: number;
  readonly memoryGiB: number;
  readonly pods: number;
  /** nvidia.com/gpu. */
  readonly gpus?: number;
  /** US dollars an hour. */
  readonly price: number;
  readonly spotPrice: number;
}

export interface Catalogue {
  readonly date: string;
  readonly source: string;
  readonly currency: string;
  readonly types: readonly MachineType[];
}

/** A usual spot price as a share of the list price. */
const SPOT: Readonly<Record<string, number>> = { aws: 0.38, gcp: 0.35, azure: 0.3 };

type Row = readonly [name: string, provider: string, cpu: number, memoryGiB: number, pods: number, price: number, gpus?: number];

const ROWS: readonly Row[] = [
  ['m5.large', 'aws', 2, 8, 29, 0.096],
  ['m5.xlarge', 'aws', 4, 16, 58, 0.192],
  ['m5.2xlarge', 'aws', 8, 32, 58, 0.384],
  ['m5.4xlarge', 'aws', 16, 64, 234, 0.768],
  ['m6i.xlarge', 'aws', 4, 16, 58, 0.192],
  ['m6i.2xlarge', 'aws', 8, 32, 58, 0.384],
  ['m7i.xlarge', 'aws', 4, 16, 58, 0.2016],
  ['m7i.2xlarge', 'aws', 8, 32, 58, 0.4032],
  ['m7g.xlarge', 'aws', 4, 16, 58, 0.1632],
  ['m7g.2xlarge', 'aws', 8, 32, 58, 0.3264],
  ['c5.xlarge', 'aws', 4, 8, 58, 0.17],
  ['c5.2xlarge', 'aws', 8, 16, 58, 0.34],
  ['c6i.4xlarge', 'aws', 16, 32, 234, 0.68],
  ['r5.large', 'aws', 2, 16, 29, 0.126],
  ['r5.xlarge', 'aws', 4, 32, 58, 0.252],
  ['r5.2xlarge', 'aws', 8, 64, 58, 0.504],
  ['g4dn.xlarge', 'aws', 4, 16, 29, 0.526, 1],
  ['g5.12xlarge', 'aws', 48, 192, 737, 5.672, 4],
  ['p3.8xlarge', 'aws', 32, 244, 234, 12.24, 4],
  ['p4d.24xlarge', 'aws', 96, 1152, 737, 32.7726, 8],
  ['e2-standard-2', 'gcp', 2, 8, 110, 0.067006],
  ['e2-standard-4', 'gcp', 4, 16, 110, 0.134012],
  ['e2-standard-8', 'gcp', 8, 32, 110, 0.268024],
  ['n2-standard-4', 'gcp', 4, 16, 110, 0.194236],
  ['n2-standard-8', 'gcp', 8, 32, 110, 0.388472],
  ['n2-highmem-4', 'gcp', 4, 32, 110, 0.262028],
  ['Standard_D4s_v5', 'azure', 4, 16, 110, 0.192],
  ['Standard_D8s_v5', 'azure', 8, 32, 110, 0.384],
  ['Standard_E4s_v5', 'azure', 4, 32, 110, 0.252],
];

export const MACHINE_TYPES: Catalogue = {
  date: '2024-06',
  source:
    "the providers' public on-demand list prices (AWS us-east-1, Google Cloud us-central1, Azure East US), from memory, not fetched; spot prices are a usual share of them, assumed",
  currency: 'USD',
  types: ROWS.map(([name, provider, cpu, memoryGiB, pods, price, gpus]) => ({
    name,
    provider,
    cpu,
    memoryGiB,
    pods,
    ...(gpus === undefined ? {} : { gpus }),
    price,
    spotPrice: Number((price * (SPOT[provider] ?? 1)).toPrecision(4)),
  })),
};

const positive = (description: string): JsonSchema => ({ type: 'number', exclusiveMinimum: 0, description });

export const pricesSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Wavetank machine types and prices',
  type: 'object',
  description: 'machine types and what they cost',
  additionalProperties: false,
  required: ['date', 'source', 'types'],
  properties: {
    date: { type: 'string', minLength: 4, description: 'when the prices were right' },
    source: { type: 'string', minLength: 1, description: 'where they come from' },
    currency: { type: 'string', minLength: 1, description: 'default USD' },
    types: {
      type: 'array',
      minItems: 1,
      description: 'the machine types',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'cpu', 'memoryGiB', 'price'],
        properties: {
          name: { type: 'string', minLength: 1, description: 'its name' },
          provider: { type: 'string', description: 'who offers it' },
          cpu: positive('virtual CPUs'),
          memoryGiB: positive('memory in GiB'),
          pods: { type: 'integer', minimum: 1, description: 'most pods (default 110)' },
          gpus: { type: 'integer', minimum: 1, description: 'cards (nvidia.com/gpu; default none)' },
          price: positive('an hour, on demand'),
          spotPrice: positive('an hour, reclaimable (default: the price)'),
        },
      },
    },
  },
};

export function readPrices(file: string): Catalogue {
  const source = readSource(isAbsolute(file) ? file : join(dirname('.'), file));
  const mistakes = validate(pricesSchema, source, 'the price list');
  if (mistakes.length > 0) throw new UserError(mistakes);
  const written = source.value as Omit<Catalogue, 'types'> & {
    readonly types: readonly (Omit<MachineType, 'spotPrice'> & Partial<MachineType>)[];
  };
  return {
    date: written.date,
    source: written.source,
    currency: written.currency ?? 'USD',
    types: written.types.map((type) => ({
      ...type,
      provider: type.provider ?? '',
      pods: type.pods ?? 110,
      spotPrice: type.spotPrice ?? type.price,
    })),
  };
}

/** The types of these names. Throws for one that the catalogue does not have. */
export function machineTypes(catalogue: Catalogue, names: readonly string[]): readonly MachineType[] {
  return names.map((name) => {
    const found = catalogue.types.find((type) => type.name === name);
    if (found !== undefined) return found;
    const known = catalogue.types.map((type) => type.name);
    const near = nearest(name, known);
    throw UserError.at(
      {},
      `--machines: there is no type '${name}'${near === undefined ? ` (there is: ${known.join(', ')})` : `; did you mean '${near}'?`}`,
    );
  });
}

/** What a machine is, as a kubelet tells it. */
export const capacityOf = ({ cpu, memoryGiB, pods, gpus }: MachineType): Readonly<Record<string, string>> => ({
  cpu: String(cpu),
  memory: `${memoryGiB}Gi`,
  pods: String(pods),
  ...(gpus === undefined ? {} : { 'nvidia.com/gpu': String(gpus) }),
});

/** What pods can have of a machine: what is left when kubelet, system and eviction threshold took their part, by the rule that GKE publishes and EKS
 *  shares in its CPU part: CPU 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest; memory 25 % of the first 4 GiB, 20 %
 *  of the next 4, 10 % of the next 8, 6 % of the next 112, and 100 MiB. */
export function allocatable({
  cpu,
  memoryGiB,
  pods,
  gpus,
}: Pick<MachineType, 'cpu' | 'memoryGiB' | 'pods' | 'gpus'>): Readonly<Record<string, string>> {
  const taken = (amount: number, steps: readonly (readonly [upTo: number, share: number])[]): number => {
    let from = 0;
    let sum = 0;
    for (const [upTo, share] of steps) {
      sum += Math.max(0, Math.min(amount, upTo) - from) * share;
      from = upTo;
    }
    return sum;
  };
  const most = Number.POSITIVE_INFINITY;
  const millicores = Math.floor(
    (cpu -
      taken(cpu, [
        [1, 0.06],
        [2, 0.01],
        [4, 0.005],
        [most, 0.0025],
      ])) *
      1000,
  );
  const reserved = taken(memoryGiB, [
    [4, 0.25],
    [8, 0.2],
    [16, 0.1],
    [128, 0.06],
    [most, 0.02],
  ]);
  return {
    cpu: `${millicores}m`,
    memory: `${Math.floor((memoryGiB - reserved) * 1024 - 100)}Mi`,
    pods: String(pods),
    ...(gpus === undefined ? {} : { 'nvidia.com/gpu': String(gpus) }),
  };
}
