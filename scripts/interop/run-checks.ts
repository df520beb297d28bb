import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { InteropSettings } from './server-under-test.js';

const rowSchema = z.object({
  module: z.string(),
  check: z.string(),
  ok: z.boolean(),
  error: z.string().optional(),
  trace: z.string().optional(),
});

/** One check of one client. */
export type CheckRow = z.infer<typeof rowSchema>;

const scriptMsMax = 300_000;

/** Runs one script of checks. A script that ends without having said what it found is a check that failed. */
export async function runChecks(
  python: string,
  root: string,
  script: string,
  settings: InteropSettings,
): Promise<CheckRow[]> {
  const folder = join(root, 'test', 'interop');
  const child = spawn(python, [join(folder, script), JSON.stringify(settings)], {
    cwd: folder,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }, // leaves no folders between the sources
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: scriptMsMax,
  });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (errors = (errors + piece.toString()).slice(-4_000)));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const rows = out.split('\n').filter(Boolean).map(rowOf);
  if (rows.length > 0 && (status === 0 || rows.some(({ ok }) => !ok))) return rows;
  const error = `${script} ended with ${String(status)} after ${rows.length} checks`;
  return [...rows, { module: script, check: 'the script itself', ok: false, error, trace: errors }];
}

function rowOf(line: string): CheckRow {
  try {
    return rowSchema.parse(JSON.parse(line));
  } catch {
    return { module: '?', check: 'a line of its own', ok: false, error: line.slice(0, 500) };
  }
}
