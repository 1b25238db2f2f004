/** A member whose disk is gone, and how a backup brings its cluster back: the new disk is empty, the member waits for `etcdutl snapshot restore`
 *  (etcdutl/snapshot/v3_snapshot.go, 3.6) and then begins as a member of a new cluster on what the snapshot holds. */

import { CONNECTION_RESET, type Context, type Duration, type Instant, type Message, messageKind, SECOND } from '#sim';

/** Told by a fault: what was on the disk is lost, and the process with it. */
interface LoseDisk extends Message {
  readonly kind: 'EtcdLoseDisk';
}
/** An operator has copied a snapshot to the member's machine and restores it there. */
export interface RestoreSnapshot extends Message {
  readonly kind: 'EtcdRestoreSnapshot';
  readonly data: unknown;
  readonly bytes: number;
  readonly revision: number;
  /** When it was saved. */
  readonly savedAt: Instant;
}
/** The files are written: etcd is started on them. */
interface Restored extends Message {
  readonly kind: 'EtcdRestored';
}
messageKind<LoseDisk>({ kind: 'EtcdLoseDisk', digest() {} });
messageKind<RestoreSnapshot>({
  kind: 'EtcdRestoreSnapshot',
  digest(m, hasher) {
    hasher.int(m.revision);
    hasher.int(m.savedAt);
  },
});
messageKind<Restored>({ kind: 'EtcdRestored', digest() {} });
const RESTORED: Restored = { kind: 'EtcdRestored' };

/** What is known of a disk that was lost. */
interface LostDisk {
  readonly at: Instant;
  readonly revision: number;
}

/** assumed: etcdutl writes the files at the speed of the backup's disk, and the operator's step on each machine takes ten seconds around it. */
const STEP: Duration = 10 * SECOND;
const BYTES_PER_SECOND = 100 * 1024 * 1024;

const restoreTime = (bytes: number): Duration => STEP + Math.ceil((bytes * SECOND) / BYTES_PER_SECOND);

/** What a member knows of the loss of its disk, from one life of it to the next. */
export class DiskLoss {
  /** Begun on an empty disk in place of this one. */
  private readonly replaced: LostDisk | undefined;
  private lost: LostDisk | undefined;
  private restoring: RestoreSnapshot | undefined;
  private waiting: boolean;

  constructor(before: DiskLoss | undefined) {
    this.replaced = before?.lost ?? (before?.waiting === true ? before.replaced : undefined);
    this.waiting = this.replaced !== undefined;
  }

  /** No backup has been restored: nothing listens on its port. */
  get waits(): boolean {
    return this.waiting;
  }

  lose(revision: number, ctx: Context): void {
    this.lost = { at: ctx.now, revision };
  }

  /** A message to the machine while it waits; gives the snapshot once its files are written. */
  receive(message: Message, ctx: Context): RestoreSnapshot | undefined {
    if (message.kind === 'EtcdRequest') ctx.send(ctx.source, CONNECTION_RESET);
    else if (message.kind === 'EtcdRestoreSnapshot' && this.restoring === undefined) {
      this.restoring = message as RestoreSnapshot;
      ctx.after(restoreTime(this.restoring.bytes), RESTORED);
    }
    return message.kind === 'EtcdRestored' ? this.restoring : undefined;
  }

  /** etcd is started on the restored files. */
  restored(name: string, { revision, savedAt }: RestoreSnapshot, ctx: Context): void {
    this.waiting = false;
    const { at, revision: last } = this.replaced as LostDisk;
    ctx.record.histogram('wavetank_etcd_restore_lost_seconds').observe(Math.max(0, at - savedAt) / SECOND);
    ctx.record.mark('etcd restored', `${name}: at revision ${revision}; ${Math.max(0, last - revision)} revisions are lost`);
  }
}
