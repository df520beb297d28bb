import type { ProcessTable } from './process-table.js';
import { claimRun, type ProcessIdentity, removeRun, type RunRecord, writeRun } from './run-file.js';
import { StartRefused } from './start-refused.js';

/** Keeps `run.json` true while a start runs, so that the next one can tell its leftovers from other processes. */
export class RunKeeper {
  readonly #home: string;
  readonly #processes: ProcessTable;
  #run: RunRecord;

  private constructor(home: string, processes: ProcessTable, run: RunRecord) {
    this.#home = home;
    this.#processes = processes;
    this.#run = run;
  }

  /** Takes the state folder for process `pid`. Throws StartRefused when another start was quicker. */
  static claim(home: string, processes: ProcessTable, pid: number, edgeUrl: string): RunKeeper {
    const starter = identityOf(processes, pid);
    if (starter === undefined) throw new Error('this process is not in the process table');
    const run: RunRecord = { schema: 1, starter, children: [], edgeUrl };
    if (!claimRun(home, run)) throw new StartRefused(`another start has just taken ${home}`);
    return new RunKeeper(home, processes, run);
  }

  /** A server was started, in place of the last one of that name. */
  child(name: string, pid: number): void {
    const identity = identityOf(this.#processes, pid);
    if (identity === undefined) return; // it has ended already
    const others = this.#run.children.filter((child) => child.name !== name);
    this.#run = { ...this.#run, children: [...others, { name, ...identity }] };
    writeRun(this.#home, this.#run);
  }

  release(): void {
    removeRun(this.#home);
  }
}

function identityOf(processes: ProcessTable, wanted: number): ProcessIdentity | undefined {
  const row = processes.list().find(({ pid }) => pid === wanted);
  return row === undefined ? undefined : { pid: row.pid, startedAt: row.startedAt };
}
