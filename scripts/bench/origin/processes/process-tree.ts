import { readdir, readFile } from 'node:fs/promises';

export interface ProcessFigures {
  readonly pid: number;
  readonly residentBytes: number;
  /** User and system, since it began. */
  readonly cpuS: number;
}

/** Of Linux's /proc/<pid>/stat: proc(5). Ticks are hundredths of a second on every Linux that Node runs on. */
const ticksPerS = 100;
const pageBytes = 4_096;

/** A process and all below it, as Linux tells it; only what could be read. Empty on other systems. */
export async function processTree(root: number): Promise<readonly ProcessFigures[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number>();
  const figures = new Map<number, ProcessFigures>();
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // it may have ended since
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // its name, in brackets, may hold anything
    const [parent, user, system, pages] = [1, 11, 12, 21].map((index) => Number(fields[index]));
    if (parent === undefined || Number.isNaN(parent)) continue;
    parents.set(pid, parent);
    const cpuS = ((user ?? NaN) + (system ?? NaN)) / ticksPerS;
    figures.set(pid, { pid, residentBytes: (pages ?? NaN) * pageBytes, cpuS });
  }
  const isBelow = (pid: number): boolean => {
    let at: number | undefined = pid;
    while (at !== undefined && at !== root) at = parents.get(at);
    return at === root;
  };
  return [...figures.values()].filter(({ pid }) => isBelow(pid));
}

export const cpuSecondsOf = (tree: readonly ProcessFigures[]): number => tree.reduce((all, { cpuS }) => all + cpuS, 0);
