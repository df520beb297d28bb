import { spawn } from 'node:child_process';
import { MemoryWatch, residentBytes } from '../../origin/engine/process/memory-watch.js';
import { systemSchedule } from '../../origin/engine/schedule.js';

export interface ScriptOptions {
  /** A plain script of this project; its own environment has nothing of ours but its folder as home. */
  readonly script: string;
  readonly cwd: string;
  /** For its standard input. */
  readonly input: string;
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
  readonly signal?: AbortSignal | undefined;
}

const outputBytesMax = 4 * 1024 * 1024;

/** Runs a script in a process that is thrown away, killed when it takes too long or too much. Answers the lines it wrote. */
export function throwAwayScript(options: ScriptOptions): Promise<readonly string[]> {
  const { script, cwd, input, timeoutMs, memoryBytesMax, signal } = options;
  const child = spawn(process.execPath, [script], {
    cwd,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ORT_DISABLE_TELEMETRY: '1', HOME: cwd, TMPDIR: cwd },
  });
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, timeoutMs);
  const watch = new MemoryWatch({
    bytesMax: memoryBytesMax,
    schedule: systemSchedule,
    read: () => residentBytes(child.pid ?? -1),
    onOver: kill,
  });
  watch.start();
  signal?.addEventListener('abort', kill);
  if (signal?.aborted === true) kill();
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length > outputBytesMax) kill();
  });
  child.stdin.on('error', () => undefined); // it has ended: what it wrote says how far it came
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      watch.stop();
      signal?.removeEventListener('abort', kill);
      resolve(text.split('\n').slice(0, -1));
    });
  });
}
