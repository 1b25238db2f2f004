/** A bug that Kubernetes' scheduler has had, in the smallest cluster that shows it: absent as things are, there once the protection is taken away
 *  (the seeded bug of that name). `npx vitest run test/labs` runs it. */

import { describe, expect, it } from 'vitest';
import { SECOND } from '#sim';
import { BUGS } from '../bugs/index.ts';
import { lab, nodeAt, podAt } from '../scheduler/lab.ts';

const SCHEDULER = 4;

describe('kubernetes#45220: a scheduler that begins before it knows which pods have a node', () => {
  /** A full node; the scheduler restarts, and while it was away somebody asked for one pod more. Who is on the node then. */
  const onNode = (): readonly string[] => {
    const { janitor } = lab([nodeAt(1, 'full', '2'), podAt(2, 'first'), podAt(2, 'second'), podAt(6, 'one-more')], {
      seconds: 19,
      changes: [
        { at: 5 * SECOND, change: 'crash', hosts: { hosts: [SCHEDULER] } },
        { at: 8 * SECOND, change: 'restart', hosts: { hosts: [SCHEDULER] } },
      ],
    });
    return ['first', 'second', 'one-more'].filter((name) => janitor.pod(name)?.spec?.nodeName === 'full');
  };

  it('does not fill a node that is full', () => {
    const protectedRun = onNode();
    BUGS['placed-pods-not-awaited']?.inject();
    expect({ with: protectedRun, without: onNode() }).toEqual({ with: ['first', 'second'], without: ['first', 'second', 'one-more'] });
  });
});
