/** All kinds of traces that `wavetank import` reads. */

import { alibaba2025 } from './alibaba-2025.ts';
import { cluster } from './cluster-dump.ts';
import { csv } from './csv-mapping.ts';
import { hpc } from './hpc.ts';
import type { Importer } from './importer.ts';
import { llm } from './llm.ts';
import { openb } from './openb.ts';
import { schedulerPerf } from './scheduler-perf.ts';
import { simkube } from './simkube.ts';
import { swf } from './swf.ts';

export const IMPORTERS: readonly Importer[] = [openb, alibaba2025, csv, simkube, schedulerPerf, swf, hpc, llm, cluster];
