import { table } from '../commands/table.js';
import type { Aim, BenchReport, BenchRow } from './bench-report.js';

/** A report for people: its rows, then its aims. */
export function textOfReport({ bench, node, cpus, commit, seconds, rows, aims }: BenchReport): string {
  const about = `bench:${bench}  ${cpus}, node ${node}, commit ${commit}, ${seconds} s`;
  return [about, ...tablesOfRows(rows), ...(aims.length === 0 ? [] : [tableOfAims(aims)])].join('\n\n') + '\n';
}

/** One table for all rows that have the same figures, in the order in which they first come. */
function tablesOfRows(rows: readonly BenchRow[]): string[] {
  const alike = new Map<string, BenchRow[]>();
  for (const row of rows) {
    const names = Object.keys(row).join();
    alike.set(names, [...(alike.get(names) ?? []), row]);
  }
  return [...alike.values()].map(tableOfRows);
}

function tableOfRows(rows: readonly BenchRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const isNumber = (name: string): boolean => rows.every((row) => typeof (row[name] ?? 0) === 'number');
  const columns = names.map((head) => ({ head, align: isNumber(head) ? ('right' as const) : ('left' as const) }));
  return table(
    columns,
    rows.map((row) => names.map((name) => textOf(row[name], isCount(name)))),
  );
}

function tableOfAims(aims: readonly Aim[]): string {
  const columns = [
    { head: 'aim' },
    { head: 'figure', align: 'right' as const },
    { head: '' },
    { head: 'limit', align: 'right' as const },
    { head: '' },
  ];
  const rows = aims.map(({ name, figure, compare, limit, met }) => [
    name,
    textOf(figure, false),
    compare === '<=' ? '≤' : '≥',
    textOf(limit, false),
    met ? 'met' : 'NOT MET',
  ]);
  return table(columns, rows);
}

/** Units are last in a name, and what has none is a count. */
const isCount = (name: string): boolean => !/[A-Z%]/.test(name);

/** Three digits behind the point, so that columns line up. */
function textOf(value: string | number | undefined, whole: boolean): string {
  if (typeof value !== 'number') return value ?? '';
  return whole ? String(value) : value.toFixed(3);
}
