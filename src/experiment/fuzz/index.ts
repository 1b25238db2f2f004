/** The swarm: seeds that draw a cluster, its work and its faults, and what must hold of each. */

export { Tap, WIRE_INVARIANTS } from '../wire/tap.ts';
export { tappedRunner } from '../wire/tapped-run.ts';
export { whyNoWires } from '../wire/why-not.ts';
export * from './final-state.ts';
export * from './fuzz-seed.ts';
export { injectBug, knownBug, type SeededBug, seededBugs } from './seeded-bugs.ts';
export { shrunk } from './shrink.ts';
export type { Sights } from './sights.ts';
export * from './swarm.ts';
export { EXTRA_FAULTS } from './swarm-extras.ts';
export { SWARM_FAULTS } from './swarm-faults.ts';
