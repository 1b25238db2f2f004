/** Mistakes put in on purpose, by name: what `wavetank fuzz --inject-bug` takes. What finds them stands in reports/seeded-bugs. */

import type { SeededBug } from '#experiment';
import { API_SERVER_BUGS } from './api-server.ts';
import { COMPONENT_BUGS } from './components.ts';
import { ETCD_BUGS } from './etcd.ts';

export const BUGS: Readonly<Record<string, SeededBug>> = { ...ETCD_BUGS, ...API_SERVER_BUGS, ...COMPONENT_BUGS };
