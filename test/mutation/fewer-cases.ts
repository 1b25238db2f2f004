/** A mutant costs what its tests cost: fewer random cases, and the same ones each time, so that a score can be had again. */
import fc from 'fast-check';

fc.configureGlobal({ numRuns: 25, seed: 1 });
