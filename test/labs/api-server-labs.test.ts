/** Bugs that Kubernetes has had, each in the smallest cluster that shows it: absent as things are, there once the protection is taken away
 *  (the seeded bug of that name). `npx vitest run test/labs` runs them. */

import { describe, expect, it } from 'vitest';
import { at, create, type Lab, lab, type Step } from '../apiserver/lab.ts';
import { BUGS } from '../bugs/index.ts';

const map = (name: string): object => ({ metadata: { name } });
const watchFrom = (resourceVersion: string): Step => ({ verb: 'watch', resource: 'configmaps', options: { resourceVersion } });
const versionOf = (made: Lab, step: number): string => made.clients[0]?.answers[step]?.object.metadata.resourceVersion;
const told = (made: Lab, client: number, watch: number): readonly string[] =>
  made.clients[client]?.watched(watch).map(({ type, object }) => `${type} ${object.metadata?.name}`) ?? [];

/** The same twice: with the protection, then (for the rest of this file's process) without. */
function withAndWithout<T>(bug: string, run: () => T): { readonly with: T; readonly without: T } {
  const protectedRun = run();
  BUGS[bug]?.inject();
  return { with: protectedRun, without: run() };
}

describe('kubernetes#49956: events lost on an empty cache', () => {
  it('a watch that was away is told of the deletion that emptied the cache', () => {
    const away = (): readonly string[] =>
      told(
        lab([
          [
            create('secrets', map('m')),
            at('delete', 'secrets', 'm'),
            100,
            (seen) => ({ verb: 'watch', resource: 'secrets', options: { resourceVersion: seen[0]?.object.metadata.resourceVersion } }),
          ],
        ]),
        0,
        3,
      );
    expect(withAndWithout('events-lost-on-an-empty-cache', away)).toEqual({ with: ['DELETED m'], without: [] });
  });
});

describe('kubernetes#73845: a watch that goes back in time', () => {
  it('a client that moves to a server which lags is not told again what it knows', () => {
    // Server 2 is cut off from etcd from 1 s on; what server 1 wrote meanwhile comes there only after 12 s.
    const moved = (): readonly string[] => {
      const changes = [
        { at: 1_000_000, change: 'partition', id: 'p', a: { hosts: [0] }, b: { hosts: [2] } },
        { at: 12_000_000, change: 'heal', id: 'p' },
      ] as const;
      const writer: Step[] = [1500, create('configmaps', map('known'))];
      const version = versionOf(lab([writer], { servers: 2, changes }), 1);
      return told(lab([writer, [3000, watchFrom(version)]], { servers: 2, changes }), 1, 1);
    };
    expect(withAndWithout('told-again-by-a-server-behind', moved)).toEqual({ with: [], without: ['ADDED known'] });
  });
});

describe('kubernetes#59848: a stale read, and two pods with one identity', () => {
  it('who has seen a deletion is not given the pod again by a server that has not', () => {
    // A kubelet that knows version N lists at a server that is cut off from etcd: it must not be shown the StatefulSet's pod that was replaced elsewhere.
    const stale = (): readonly string[] => {
      const changes = [{ at: 1_000_000, change: 'partition', id: 'p', a: { hosts: [0] }, b: { hosts: [2] } }] as const;
      const writer: Step[] = [
        create('configmaps', map('db-0')),
        1500,
        at('delete', 'configmaps', 'db-0'),
        create('configmaps', map('db-0-elsewhere')),
      ];
      const version = versionOf(lab([writer], { servers: 2, changes }), 3);
      const reader: Step[] = [
        4000,
        { verb: 'list', resource: 'configmaps', options: { resourceVersion: version, resourceVersionMatch: 'NotOlderThan' } },
      ];
      const answer = lab([writer, reader], { servers: 2, changes }).clients[1]?.answers[1];
      return answer?.code === 200
        ? answer.object.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
        : [`refused with ${answer?.code}`];
    };
    expect(withAndWithout('stale-list-taken-for-fresh', stale)).toEqual({ with: ['refused with 504'], without: ['db-0'] });
  });
});
