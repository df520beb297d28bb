import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** A figure that the issue wants to be at most, or at least, so much. */
export interface Aim {
  readonly name: string;
  readonly figure: number;
  readonly limit: number;
  readonly compare: '<=' | '>=';
  readonly met: boolean;
}

/** Named figures, units last in their names. */
export type BenchRow = Readonly<Record<string, string | number>>;

/** What `--json` prints, and nothing else. */
export interface BenchReport {
  readonly bench: string;
  readonly node: string;
  readonly cpus: string;
  readonly commit: string;
  readonly seconds: number;
  readonly rows: readonly BenchRow[];
  readonly aims: readonly Aim[];
}

export function aimOf(name: string, figure: number, compare: Aim['compare'], limit: number): Aim {
  const met = compare === '<=' ? figure <= limit : figure >= limit;
  return { name, figure: rounded(figure), limit: rounded(limit), compare, met };
}

/** Three digits after the point: a microsecond, where the unit is a millisecond. */
export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

export function reportOf(
  bench: string,
  root: string,
  seconds: number,
  { rows, aims }: Pick<BenchReport, 'rows' | 'aims'>,
): BenchReport {
  const [first] = cpus();
  return {
    bench,
    node: process.version,
    cpus: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    commit: commitOf(root),
    seconds: Math.round(seconds * 10) / 10,
    rows,
    aims,
  };
}

/** The commit that was measured, `+` behind it when the tree has other changes; `unknown` where there is no git. */
function commitOf(root: string): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
