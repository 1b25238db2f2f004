/** Mistakes in Raft, in the store's watches and in what a restart finds. */

import { EtcdMember } from '#etcd';
import type { SeededBug } from '#experiment';
import { SECOND } from '#sim';
import { WatchCache } from '../../src/apiserver/cache/watch-cache.ts';
import { CacheFeed } from '../../src/apiserver/cache-feed.ts';
import { EtcdClient } from '../../src/apiserver/etcd-client.ts';
import { MemberWatches } from '../../src/etcd/member-watches.ts';
import { WatchHub } from '../../src/etcd/mvcc/watch-hub.ts';
import { Leadership } from '../../src/etcd/raft/leadership.ts';
import { DurableLog } from '../../src/etcd/raft/log.ts';
import { NONE } from '../../src/etcd/raft/message.ts';
import { committedIndex } from '../../src/etcd/raft/quorum.ts';
import { Raft } from '../../src/etcd/raft/raft.ts';
import { RaftGroup } from '../../src/etcd/raft-group.ts';
import { type Loose, replace } from './patch.ts';

/** What a member does to itself before it starts again. */
const atStart = (act: (group: Loose) => void): void =>
  replace(
    RaftGroup.prototype,
    'start',
    (start) =>
      function (ctx) {
        act(this);
        return start.call(this, ctx);
      },
  );

export const ETCD_BUGS: Readonly<Record<string, SeededBug>> = {
  'vote-not-persisted': {
    breaks: 'a member votes and does not write down for whom',
    marked: true,
    inject: () =>
      replace(
        DurableLog.prototype,
        'save',
        (save) =>
          function (ready) {
            return save.call(this, ready.hard === undefined ? ready : { ...ready, hard: { ...ready.hard, vote: NONE } });
          },
      ),
  },
  'term-not-persisted': {
    breaks: 'a member forgets its term over a restart',
    marked: false,
    inject: () =>
      replace(
        DurableLog.prototype,
        'save',
        (save) =>
          function (ready) {
            return save.call(
              this,
              ready.hard === undefined ? ready : { ...ready, hard: { ...ready.hard, term: this.hard.term, vote: this.hard.vote } },
            );
          },
      ),
  },
  'ack-before-fsync': {
    breaks: 'a follower acknowledges entries while they are being written',
    marked: true,
    inject: () =>
      replace(
        RaftGroup.prototype,
        'pump',
        () =>
          function (ctx) {
            while (this.saving === undefined) {
              this.noteLeader(ctx);
              const ready = this.raft.ready();
              if (ready === undefined) return;
              this.sendAll(ready, ctx);
              if (ready.mustSync) {
                let bytes = ready.snapshot?.bytes ?? 0;
                for (const entry of ready.entries) bytes += entry.bytes;
                this.saving = ready;
                this.disk.writing = ready;
                this.savingSince = ctx.now;
                this.led = true;
                ctx.fsync(bytes, { kind: 'EtcdRaftSaved' });
                this.applyReady(ready, ctx);
                return;
              }
              this.disk.durable.save(ready);
              this.applyReady(ready, ctx);
              this.raft.advance(ready);
            }
          },
      ),
  },
  'ack-beyond-the-log': {
    breaks: 'a follower acknowledges one entry more than it has',
    marked: false,
    inject: () =>
      replace(
        Raft.prototype,
        'send',
        (send) =>
          function (type, to, fields) {
            return send.call(
              this,
              type,
              to,
              type === 'AppResp' && fields.index > 0 && fields.reject !== true ? { ...fields, index: fields.index + 1 } : fields,
            );
          },
      ),
  },
  'commit-of-an-old-term': {
    breaks: 'a leader commits entries of earlier terms by counting who has them',
    marked: true,
    inject: () =>
      replace(
        Leadership.prototype,
        'afterProgress',
        () =>
          function () {
            const matches: number[] = [];
            for (const id of this.member.voters) matches.push(this.progress.get(id)?.match ?? 0);
            const index = committedIndex(matches);
            if (index <= this.log.committed) return false;
            this.log.commitTo(index);
            for (const { context, from } of this.earlyReads.splice(0)) this.read(context, from);
            this.broadcastAppend();
            return true;
          },
      ),
  },
  'read-without-quorum': {
    breaks: 'a leader answers reads without asking whether it still leads, and does not step down when it hears nobody',
    marked: false,
    inject: () => {
      replace(
        Leadership.prototype,
        'read',
        () =>
          function (context, from) {
            this.answerRead(context, from, this.log.committed);
          },
      );
      replace(Leadership.prototype, 'hearsQuorum', () => () => true);
    },
  },
  'every-read-is-serializable': {
    breaks: 'members answer every read from what they have, however far behind (as etcd#20418 after a pause)',
    marked: true,
    inject: () =>
      replace(
        EtcdMember.prototype,
        'request',
        (request) =>
          function (message, ctx) {
            const { operation } = message;
            return request.call(
              this,
              operation.op === 'range' ? { ...message, operation: { ...operation, serializable: true } } : message,
              ctx,
            );
          },
      ),
  },
  'lease-expires-on-a-follower': {
    breaks: 'a follower, too, ends leases whose time is over by its own clock, whatever the leader has promised since',
    marked: true,
    inject: () =>
      replace(
        EtcdMember.prototype,
        'checkLeases',
        (checkLeases) =>
          function (ctx) {
            Object.defineProperty(this.consensus, 'isLeader', { value: true, configurable: true });
            checkLeases.call(this, ctx);
            // What its class says of it holds again.
            delete this.consensus.isLeader;
          },
      ),
  },
  'vote-twice-in-a-term': {
    breaks: 'a member votes for everyone who asks',
    marked: false,
    inject: () =>
      replace(
        Raft.prototype,
        'answerVote',
        (answerVote) =>
          function (m) {
            this.vote = NONE;
            this.leader = NONE;
            return answerVote.call(this, m);
          },
      ),
  },
  'last-write-lost-in-a-crash': {
    breaks: 'what was last written is not found after a crash (as etcd#14370)',
    marked: false,
    inject: () =>
      atStart((group) => {
        group.disk.durable.entries.pop();
      }),
  },
  'entry-left-out': {
    breaks: 'one of the members passes over every two hundredth entry as it applies them (members that differ, as etcd#18667)',
    marked: false,
    inject: () =>
      replace(
        RaftGroup.prototype,
        'applyReady',
        (applyReady) =>
          function (ready, ctx) {
            const committed = ready.committed.map((entry: Loose) =>
              ctx.self % 3 === 0 && entry.index % 200 === 0 ? { ...entry, data: undefined } : entry,
            );
            return applyReady.call(this, { ...ready, committed }, ctx);
          },
      ),
  },
  'revision-differs-after-a-crash': {
    breaks: 'a restarted member counts one revision more than the others (as etcd#13766, #17780)',
    marked: false,
    inject: () =>
      replace(
        EtcdMember.prototype,
        'start',
        (start) =>
          function (ctx) {
            if (this.isRestart) this.replica.store.revision++;
            return start.call(this, ctx);
          },
      ),
  },
  'watch-tells-again': {
    breaks: 'a watch that is opened anew tells of the five revisions before its start once more (as etcd#15271)',
    marked: false,
    inject: () =>
      replace(
        WatchHub.prototype,
        'add',
        (add) =>
          function (owner, key, end, start) {
            return add.call(this, owner, key, end, start > 100 ? start - 5 : start);
          },
      ),
  },
  'progress-ahead-of-events': {
    breaks: 'progress is told before the events that wait (as etcd#15220)',
    marked: false,
    inject: () =>
      replace(
        MemberWatches.prototype,
        'progress',
        () =>
          function (ctx) {
            for (const watcher of this.watches.values())
              if (watcher.owner.from === ctx.source && watcher.state === 'synced') this.send(watcher, [], ctx);
          },
      ),
  },
  'future-watch-tells-the-present': {
    breaks: 'a watch from a revision still to come tells of those before it (as etcd#20221)',
    marked: false,
    inject: () =>
      replace(
        WatchHub.prototype,
        'add',
        (add) =>
          function (owner, key, end, start) {
            return add.call(this, owner, key, end, start > this.store.revision ? 0 : start);
          },
      ),
  },
  'event-lost-on-a-slow-watcher': {
    breaks: 'of many events that wait the first is dropped (as etcd#17529)',
    marked: false,
    inject: () =>
      replace(
        MemberWatches.prototype,
        'tell',
        (tell) =>
          function (watcher, ctx) {
            if (watcher.pending.length > 3) watcher.pending = watcher.pending.slice(1);
            return tell.call(this, watcher, ctx);
          },
      ),
  },
  'hole-in-a-watch-not-noticed': {
    breaks:
      'an API server does not notice what a watch has missed: it goes on when a message was lost, and with the present when its member was',
    marked: false,
    inject: () => {
      replace(
        CacheFeed.prototype,
        'events',
        (events) =>
          function (message: Loose, ctx) {
            return events.call(this, { ...message, sequence: undefined }, ctx);
          },
      );
      replace(
        WatchCache.prototype,
        'apply',
        (apply) =>
          function (event: Loose, now, dirty) {
            const previous = this.objects.get(event.kv.key);
            return previous === undefined && event.type === 'DELETE' ? 0 : apply.call(this, { ...event, previous }, now, dirty);
          },
      );
      const broken = new WeakSet<object>();
      replace(
        CacheFeed.prototype,
        'watchLost',
        (watchLost) =>
          function (watch, ctx) {
            broken.add(this);
            watchLost.call(this, watch, ctx);
            broken.delete(this);
          },
      );
      replace(
        EtcdClient.prototype,
        'send',
        (send) =>
          function (cluster, operation: Loose, waiter, ...rest) {
            const isAgain = operation.op === 'watch' && broken.has(waiter);
            return send.call(this, cluster, isAgain ? { ...operation, startRevision: 0 } : operation, waiter, ...rest);
          },
      );
    },
  },
  'ids-begin-anew-in-each-life': {
    breaks: 'a restarted API server numbers its requests from 1 to 5 on, so that they bear the numbers of others of its former life',
    marked: false,
    inject: () =>
      replace(
        EtcdClient.prototype,
        'begin',
        () =>
          function (ctx) {
            this.firstId = this.nextId = 1 + (Math.floor(ctx.now / SECOND) % 5);
          },
      ),
  },
};
