/** The six policies of the FGD study, by the names its tables use. */

import type { GpuPolicy } from '../policy.ts';
import { bestFit } from './best-fit.ts';
import { dotProd } from './dot-prod.ts';
import { fgd } from './fgd.ts';
import { gpuClustering } from './gpu-clustering.ts';
import { gpuPacking } from './gpu-packing.ts';
import { random } from './random.ts';

export const GPU_POLICIES: readonly GpuPolicy[] = [random, dotProd, gpuClustering, gpuPacking, bestFit, fgd];
