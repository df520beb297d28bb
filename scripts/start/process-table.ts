import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine, as far as telling it from others needs. */
export interface ProcessRow {
  readonly pid: number;
  /** Its group; a server of ours leads one. */
  readonly group: number;
  /** When it started, in whatever form the system tells; equal for the same process only. */
  readonly startedAt: string;
  readonly command: string;
}

/** The processes of this machine. An argument, so that tests can have theirs. */
export interface ProcessTable {
  list(): ProcessRow[];
  /** Does nothing when there is no such process. */
  signal(pid: number, signal: NodeJS.Signals): void;
}

export const systemProcesses: ProcessTable = {
  list: () => (process.platform === 'linux' ? fromProc() : fromPs()),
  signal(pid, signal) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  },
};

function fromProc(): ProcessRow[] {
  // Start times count from the boot: the boot belongs to them.
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The name in parentheses may hold anything, blanks too: what counts comes after the last one.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const [state, , group = '0'] = fields;
        if (state === 'Z') return []; // dead already, only not yet collected
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), group: Number(group), startedAt: `${boot} ${fields[19] ?? ''}`, command }];
      } catch {
        return []; // it ended while we looked
      }
    });
}

const psTimeoutMs = 5_000;

function fromPs(): ProcessRow[] {
  const columns = ['-A', '-o', 'pid=', '-o', 'pgid=', '-o', 'stat=', '-o', 'lstart=', '-o', 'command='];
  const text = execFileSync('ps', columns, { encoding: 'utf8', timeout: psTimeoutMs, env: { LC_ALL: 'C' } });
  return text.split('\n').flatMap((line) => {
    const [, pid, group, state, startedAt, command] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || startedAt === undefined || command === undefined || state?.startsWith('Z') === true)
      return [];
    return [{ pid: Number(pid), group: Number(group), startedAt, command }];
  });
}
