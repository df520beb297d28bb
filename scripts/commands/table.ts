import Table from 'cli-table3';
import { printable } from './terminal.js';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const noLines = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
}; // prettier-ignore

/** Aligned columns without lines, a heading above. Cells are text from anywhere; `style` may colour one afterwards. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: (cell: string, column: number) => string = (cell) => cell,
): string {
  const drawn = new Table({
    chars: noLines,
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push(row.map((cell, column) => style(printable(cell).replaceAll('\n', ' '), column)));
  const lines = drawn.toString().split('\n').map((line) => line.trimEnd()); // prettier-ignore
  return lines.join('\n');
}
