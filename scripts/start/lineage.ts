import { readFileSync } from 'node:fs';
import type { Lineage } from './watch-starter.js';

/**
 * The lineage of this process. Other parents than our own are told by /proc alone: elsewhere the usual `sh` becomes the
 * one command that it is given, and npm is our own parent.
 */
export const systemLineage: Lineage = {
  parent: () => process.ppid,
  parentOf(pid) {
    const stat = read(`/proc/${pid}/stat`);
    // The name in parentheses may hold anything, blanks too: what counts comes after the last one.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return Number.isInteger(parent) ? parent : undefined;
  },
  commandOf: (pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
};

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
