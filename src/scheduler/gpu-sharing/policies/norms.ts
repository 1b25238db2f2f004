/** The study's norms: the largest node of the trace, fixed whatever the cluster (not each node's own capacity). */

/** Milli-cores. */
export const CPU_MAX = 128_000;
/** Thousandths of cards: eight cards. */
export const CARDS_MAX = 8_000;
