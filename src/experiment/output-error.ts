/** What the machine would not let us write: a full disk, a folder that is read-only. Not the user's mistake and not ours: one line, exit code 3, and what
 *  was there before is still there. */

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would become larger than this process may make files',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
};

export class OutputError extends Error {
  static from(path: string, error: unknown): OutputError {
    const code = (error as NodeJS.ErrnoException | null)?.code;
    const reason = code === undefined ? String(error) : (REASONS[code] ?? code);
    return new OutputError(`${path}: cannot be written: ${reason}`, { cause: error });
  }
}
