/** Reads a file of one whole number a line, plain or gzip: arrival orders and ranks. */

import { readCsvText } from './csv.ts';
import { printable, UserError } from './user-error.ts';

/** Throws UserError naming the line of what is not a whole number from 0 to `most`. `what` says what a number stands for. */
export function readIntegerLines(file: string, most: number, what: string): number[] {
  const numbers: number[] = [];
  readCsvText(file)
    .split('\n')
    .forEach((line, index) => {
      const text = line.trim();
      if (text === '') return;
      const value = Number(text);
      if (!/^\d+$/.test(text) || value > most)
        throw UserError.at({ file, line: index + 1 }, `expected ${what} (a whole number from 0 to ${most}), found '${printable(text)}'`);
      numbers.push(value);
    });
  if (numbers.length === 0) throw UserError.at({ file }, 'is empty');
  return numbers;
}
