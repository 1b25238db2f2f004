/** CPU time that this thread has used: what scheduling attempts are charged with `--cost measured`. It knows nothing of simulated time, and simulated
 *  time, but for that one choice, nothing of it. */

interface ThreadUsage {
  threadCpuUsage?(): { readonly user: number; readonly system: number };
}

/** Microseconds. Where Node cannot tell threads apart, the process as a whole. */
export function cpuClock(): number {
  const { user, system } = (process as ThreadUsage).threadCpuUsage?.() ?? process.cpuUsage();
  return user + system;
}
