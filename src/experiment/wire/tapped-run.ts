/** A runner like runInThisProcess, with somebody who listens on every wire. */

import { createHost } from '../hosts.ts';
import { inThisProcess } from '../run-in-process.ts';
import type { Runner } from '../run-scenario.ts';
import type { Tap } from './tap.ts';

export const tappedRunner = (tap: Tap): Runner => inThisProcess(tap.over(createHost));
