import { writeFileSync } from 'node:fs';

/**
 * Tells Linux to take this process, and not the server, when memory runs out: one whose `oom_score_adj` is 1000 goes
 * first (proc(5); raising it needs no privilege). Elsewhere there is no such file, and nothing is done.
 */
export function dieFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or /proc may not be written: the limit on the runner's memory remains.
  }
}
