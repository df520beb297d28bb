import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ListeningOptions {
  /** For messages: `the origin`. */
  readonly name: string;
  /** A bundled script that prints `{"event":"listening","url":…}` when it listens. */
  readonly script: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly listenMsMax?: number;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface ExitInfo {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const listenMsDefault = 30_000;
const stopMsDefault = 5_000;
/** Of what it said last, for the error when it ends early. */
const lastLinesMax = 8;
const lineLengthMax = 2_000;

/**
 * A server in a child process of its own group. It has an IPC channel that it never speaks on: its end tells the child
 * that its starter is gone, whatever ended the starter.
 */
export class ListeningProcess {
  readonly pid: number;
  /** Its address; rejects when it ends, or does not listen in time. */
  readonly listening: Promise<string>;
  /** Settles, never rejects. Whatever else was in its group is gone then too. */
  readonly exited: Promise<ExitInfo>;
  readonly #child: ChildProcess;
  readonly #lastLines: string[] = [];

  constructor(options: ListeningOptions) {
    this.#child = spawn(process.execPath, ['--enable-source-maps', options.script], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...options.env, ORT_DISABLE_TELEMETRY: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true, // a group of its own: Ctrl-C reaches the starter alone, which ends things in order
    });
    this.#child.channel?.unref();
    this.pid = this.#child.pid ?? -1;
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        signalGroup(this.pid, 'SIGKILL');
        resolve({ code, signal });
      });
      this.#child.once('error', () => resolve({ code: null, signal: null }));
    });
    this.listening = this.#whenListening(options);
    this.listening.catch(() => undefined); // told to whoever awaits it; nobody must
  }

  /** Sends a signal; for one that ends it, waits until it has. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT') await this.exited;
  }

  /** Asks it to end, and ends it with all its group if it has not after `stopMsMax`. */
  async stop(stopMsMax = stopMsDefault): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => signalGroup(this.pid, 'SIGKILL'), stopMsMax);
    try {
      await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  #whenListening({ name, onLine, listenMsMax = listenMsDefault }: ListeningOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${name} did not listen within ${listenMsMax} ms`));
        signalGroup(this.pid, 'SIGKILL');
      }, listenMsMax);
      const settle = (): void => clearTimeout(timer);
      forEachLine(this.#child.stdout, (line) => {
        const url = listeningUrl(line);
        if (url !== undefined) {
          settle();
          resolve(url);
        }
        this.#keep(line);
        onLine?.(line, 'stdout');
      });
      forEachLine(this.#child.stderr, (line) => {
        this.#keep(line);
        onLine?.(line, 'stderr');
      });
      // 'close' comes after the last line, 'exit' may come before it.
      this.#child.once('close', (code, signal) => {
        settle();
        reject(new Error(`${name} ended (${signal ?? `exit status ${String(code)}`})${this.#lastWords()}`));
      });
      this.#child.once('error', (error) => {
        settle();
        reject(new Error(`${name} cannot be started: ${error.message}`, { cause: error }));
      });
    });
  }

  #keep(line: string): void {
    this.#lastLines.push(line.slice(0, lineLengthMax));
    if (this.#lastLines.length > lastLinesMax) this.#lastLines.shift();
  }

  #lastWords(): string {
    return this.#lastLines.length === 0
      ? ''
      : `; it said last:\n${this.#lastLines.map((line) => `  ${line}`).join('\n')}`;
  }
}

/** Signals every process of a group that we made; that there is none any more is fine. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) return; // -1 and 0 would be everybody
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH' && (error as NodeJS.ErrnoException).code !== 'EPERM')
      throw error;
  }
}

function forEachLine(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on('line', take);
}

function listeningUrl(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { event, url } = JSON.parse(line) as { event?: unknown; url?: unknown };
    return event === 'listening' && typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
