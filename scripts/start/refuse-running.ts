import type { ProcessRow } from './process-table.js';
import type { ProcessIdentity, RunRecord } from './run-file.js';
import { StartRefused } from './start-refused.js';

/** Throws StartRefused when the starter of a run is alive. */
export function refuseRunning(home: string, { starter, edgeUrl }: RunRecord, rows: readonly ProcessRow[]): void {
  if (find(rows, starter) === undefined) return;
  throw new StartRefused(
    `Brink runs already on ${home} (process ${starter.pid}, ${edgeUrl}): end that one, or set BRINK_HOME to another folder`,
  );
}

export function find(rows: readonly ProcessRow[], { pid, startedAt }: ProcessIdentity): ProcessRow | undefined {
  return rows.find((row) => row.pid === pid && row.startedAt === startedAt);
}
