import { setPriority } from 'node:os';

/** Of 19: the server's short turns come before a run, and a run before what is really in no hurry. */
const niceness = 5;

/**
 * Lets the server go first when the cores are busy: it works for tenths of a millisecond at a time, and all runners
 * wait for it to hand out the next batch. With the same priority it would wait its turn behind whole runs.
 */
export function giveWay(): void {
  try {
    setPriority(niceness);
  } catch {
    // Not allowed here: then they take turns.
  }
}
