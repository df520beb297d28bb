import { table } from '../commands/table.js';
import type { CheckRow } from './run-checks.js';

/** The table of what passed, and what is behind each failure; answers the exit status. */
export function printReport(rows: readonly CheckRow[], write: (text: string) => void): number {
  const columns = [{ head: 'client' }, { head: 'check' }, { head: 'result' }];
  const cells = rows.map(({ module, check, ok, error = '' }) => [module, check, ok ? 'passed' : `FAILED: ${error}`]);
  write(`${table(columns, cells)}\n`);
  const failed = rows.filter(({ ok }) => !ok);
  for (const { module, check, trace } of failed) write(`\n${module}, ${check}:\n${trace ?? ''}\n`);
  write(`\n${rows.length - failed.length} of ${rows.length} checks passed\n`);
  return failed.length === 0 && rows.length > 0 ? 0 : 1;
}
