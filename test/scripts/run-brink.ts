import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../scripts/local/project-root.js';

export interface Ended {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BrinkOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** Called with the child once it runs. */
  readonly meanwhile?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>;
}

/** The real command, as bundled, in a process of its own; nothing of this process's environment configures it. */
export async function runBrink(args: readonly string[], options: BrinkOptions = {}): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [join(projectRoot(), 'dist', 'brink.js'), ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH, HOME, NO_COLOR: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<Pick<Ended, 'exit' | 'signal'>>((resolve) =>
    child.once('close', (exit, signal) => resolve({ exit, signal })),
  );
  const [stdout, stderr, end] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
    options.meanwhile?.((signal) => child.kill(signal)),
  ]);
  return { ...end, stdout, stderr };
}
