import type { ProcessRow, ProcessTable } from './process-table.js';
import { find, refuseRunning } from './refuse-running.js';
import { readRun, removeRun, type RunRecord } from './run-file.js';

export interface LeftoverOptions {
  readonly home: string;
  /** Brink's folder: what we start has it in its command line. */
  readonly projectRoot: string;
  readonly processes: ProcessTable;
  readonly wait: (ms: number) => Promise<void>;
}

const looksMax = 40;
const lookEveryMs = 100;
/** After this many looks they are no longer asked to end. */
const looksBeforeKill = 25;

/**
 * Ends what a killed start left behind, and answers how many processes that were. Throws StartRefused when the start
 * that the state folder names is alive.
 */
export async function endLeftovers(options: LeftoverOptions): Promise<number> {
  const { home, processes, projectRoot, wait } = options;
  const run = readRun(home);
  if (run === undefined) {
    removeRun(home);
    return 0;
  }
  const before = processes.list();
  refuseRunning(home, run, before);
  const found = leftoversOf(run, before, projectRoot);
  for (const { pid } of found) processes.signal(pid, 'SIGTERM');
  for (let look = 0; look < looksMax; look += 1) {
    const left = found.filter((row) => find(processes.list(), row) !== undefined);
    if (left.length === 0) break;
    if (look >= looksBeforeKill) for (const { pid } of left) processes.signal(pid, 'SIGKILL');
    await wait(lookEveryMs);
  }
  removeRun(home);
  return found.length;
}

/**
 * The processes of a run that are still there. A group is ours when its leader is the process that we started. When
 * the leader has ended, its number cannot be given to another while the group lives; to be sure all the same, members
 * must then have Brink's folder in their command line.
 */
export function leftoversOf(run: RunRecord, rows: readonly ProcessRow[], projectRoot: string): ProcessRow[] {
  return run.children.flatMap((child) => {
    const leader = rows.find(({ pid }) => pid === child.pid);
    if (leader !== undefined && leader.startedAt !== child.startedAt) return []; // the number is another's now
    const members = rows.filter(({ group }) => group === child.pid);
    return leader === undefined ? members.filter(({ command }) => command.includes(projectRoot)) : members;
  });
}
