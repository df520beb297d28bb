import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** One process and no other: a number alone is given to another process once the first has ended. */
export const identitySchema = z.strictObject({ pid: z.int().min(2), startedAt: z.string().min(1) });
export type ProcessIdentity = z.infer<typeof identitySchema>;

/** Who runs on a state folder: `run.json` in it, as long as they do. */
const runSchema = z.strictObject({
  schema: z.literal(1),
  starter: identitySchema,
  /** Each leads a process group with whatever it has started. */
  children: z.array(identitySchema.extend({ name: z.string() })).max(16),
  edgeUrl: z.string(),
});
export type RunRecord = z.infer<typeof runSchema>;

const fileIn = (home: string): string => join(home, 'run.json');

/** Undefined when there is none, or none that can be read: half a file is that of a starter killed while it wrote. */
export function readRun(home: string): RunRecord | undefined {
  try {
    return runSchema.safeParse(JSON.parse(readFileSync(fileIn(home), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The first record of a start. False when another start was quicker. */
export function claimRun(home: string, run: RunRecord): boolean {
  try {
    writeFileSync(fileIn(home), JSON.stringify(run), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export function writeRun(home: string, run: RunRecord): void {
  const written = `${fileIn(home)}.${run.starter.pid}`;
  writeFileSync(written, JSON.stringify(run), { mode: 0o600 });
  renameSync(written, fileIn(home));
}

export function removeRun(home: string): void {
  rmSync(fileIn(home), { force: true });
}
