/** What a user did wrong, in one clear line a mistake: where, what was found, what was expected. The command line prints it without a stack and exits with 2. */

export interface Place {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
}

export interface Mistake extends Place {
  readonly message: string;
}

/** 'scenarios/a.yaml:3:5: unknown key ...' */
export function formatMistake({ file, line, column, message }: Mistake): string {
  if (file === undefined) return message;
  return `${printable(file, 500)}${line === undefined ? '' : `:${line}`}${line === undefined || column === undefined ? '' : `:${column}`}: ${message}`;
}

export class UserError extends Error {
  readonly mistakes: readonly Mistake[];
  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(formatMistake).join('\n'));
    this.name = 'UserError';
    this.mistakes = mistakes;
  }
  static at(place: Place, message: string): UserError {
    return new UserError([{ ...place, message }]);
  }
}

/** Control characters of a hostile file never reach the terminal. */
export function printable(text: string, most = 60): string {
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    out += code < 32 || (code >= 127 && code < 160) ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  }
  return out.length > most ? `${out.slice(0, most)}...` : out;
}
