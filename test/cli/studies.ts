/** A scenario small enough to be run twenty times in a test, in a folder that goes away. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const TINY = `name: tiny
duration: 40s
bucket: 2s
cluster:
  nodes:
    - count: 4
      capacity: { cpu: 4, memory: 8Gi, pods: 20 }
workload:
  - deployments: { name: web, count: 2, replicas: 3, start: 2s, podsPerSecond: 20, cpu: 500m, memory: 256Mi }
  - jobs: { name: crunch, count: 3, completions: 2, start: 5s, podsPerSecond: 5, cpu: 500m, runtime: { exponential: { mean: 5s } } }
expect:
  podsScheduled: '> 99 %'
  podStartP95: '< 30 s'
`;

export interface Folder {
  readonly path: string;
  file(name: string, content: string): string;
  remove(): void;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'wavetank-study-'));
  return {
    path,
    file(name, content) {
      const target = join(path, name);
      writeFileSync(target, content);
      return target;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
