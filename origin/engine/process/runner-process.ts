import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { encodeFrame, type Frame } from '../../runner/frame.js';
import { FrameReader } from '../../runner/frame-reader.js';
import { type RunnerReply, runnerReplySchema, type RunnerRequest, type Signatures } from '../../runner/messages.js';
import type { SessionOptions } from '../../runner/session-options.js';
import type { Log } from '../log.js';
import type { BatchTensor, Runner, RunResult } from '../runner.js';

/** A runner's process and how its sessions are made. */
export interface RunnerOptions extends SessionOptions {
  /** The bundled runner, `dist/origin/runner.js`. */
  readonly runnerJs: string;
  /** Where runners get their own empty directories; default: the system's temporary directory. */
  readonly scratchDir?: string;
  /** Variables that a runner needs beyond none (a GPU's library path, say). Never secrets: models run there. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The runner's process ended, or its answers make no sense: whoever waited may try another. */
export class RunnerDied extends Error {
  override readonly name = 'RunnerDied';
}

interface Pending {
  resolve(frame: { reply: RunnerReply; tensors: readonly Tensor[] }): void;
  reject(error: unknown): void;
}

const logLineLengthMax = 500;
/** Of what a runner prints in its life; it should print nothing. */
const logLinesMax = 100;

/**
 * One child process with one version's sessions. It gets an environment of its own with nothing of the server's in it,
 * and an empty directory; all that connects it to the server is a socket on descriptor 3.
 */
export class RunnerProcess implements Runner {
  readonly pid: number;
  /** Settles, never rejects, with why, when the process has ended and its directory is gone. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #socket: Duplex;
  readonly #pending = new Map<number | 'load', Pending>();
  readonly #log: Log;
  #nextId = 1;
  #died: RunnerDied | undefined;

  private constructor(child: ChildProcess, directory: string, log: Log) {
    this.pid = child.pid ?? -1;
    this.#child = child;
    this.#socket = child.stdio[3] as Duplex;
    this.#log = log;
    const reader = new FrameReader();
    this.#socket.on('data', (chunk: Uint8Array) => this.#receive(reader, chunk));
    // Its end is the process's end, which 'exit' tells; without a listener the error would end the server.
    this.#socket.on('error', () => undefined);
    this.#forwardLines(child.stdout, 'stdout');
    this.#forwardLines(child.stderr, 'stderr');
    child.on('error', (error) => this.#die(`could not be started: ${error.message}`));
    this.ended = new Promise((resolve) => {
      const finish = (why: string): void => {
        const { message } = this.#die(why);
        const settle = (): void => resolve(message);
        rm(directory, { recursive: true, force: true }).then(settle, settle);
      };
      child.once('exit', (code, signal) => finish(signal === null ? `exit status ${String(code)}` : signal));
      if (child.pid === undefined) finish('could not be started');
    });
  }

  static async spawn(options: RunnerOptions, log: Log): Promise<RunnerProcess> {
    const parent = options.scratchDir ?? tmpdir();
    await mkdir(parent, { recursive: true }); // somebody may have cleared the cache directory meanwhile
    const directory = await mkdtemp(join(parent, 'brink-runner-'));
    const child = spawn(process.execPath, [options.runnerJs], {
      cwd: directory,
      env: { ...options.env, ORT_DISABLE_TELEMETRY: '1', HOME: directory, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    return new RunnerProcess(child, directory, log);
  }

  /** Loads the graphs of a version; rejects with BrinkError when onnxruntime refuses one, RunnerDied otherwise. */
  async load(graphs: Readonly<Record<string, string>>, options: SessionOptions): Promise<Signatures> {
    const { threads, providers, deviceId, spinning } = options;
    const session = { threads, providers, spinning, ...(deviceId === undefined ? {} : { deviceId }) };
    const { reply } = await this.#ask('load', { type: 'load', graphs, session }, []);
    if (reply.type !== 'loaded') throw this.#nonsense(reply.type);
    return reply.graphs;
  }

  async run(graph: string, inputs: readonly BatchTensor[]): Promise<RunResult> {
    const id = this.#nextId++;
    const { reply, tensors } = await this.#ask(id, { type: 'run', id, graph }, inputs);
    if (reply.type !== 'result') throw this.#nonsense(reply.type);
    return { outputs: tensors, inferMs: reply.inferMs, rssBytes: reply.rssBytes };
  }

  async ping(): Promise<{ readonly rssBytes: number }> {
    const id = this.#nextId++;
    const { reply } = await this.#ask(id, { type: 'ping', id }, []);
    if (reply.type !== 'pong') throw this.#nonsense(reply.type);
    return { rssBytes: reply.rssBytes };
  }

  /** Closes the socket: it ends by itself when it has finished what it does. */
  disconnect(): void {
    this.#socket.destroy();
  }

  /** Ends it at once, in the middle of whatever it does: there is no other way to stop a native run. */
  kill(): void {
    this.#die('killed');
    this.#child.kill('SIGKILL');
  }

  #ask(
    id: number | 'load',
    request: RunnerRequest,
    inputs: readonly BatchTensor[],
  ): Promise<Parameters<Pending['resolve']>[0]> {
    return new Promise((resolve, reject) => {
      if (this.#died !== undefined) {
        reject(this.#died);
        return;
      }
      const chunks = encodeFrame(request, inputs); // a frame over the limit rejects the caller and sends nothing
      this.#pending.set(id, { resolve, reject });
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  #receive(reader: FrameReader, chunk: Uint8Array): void {
    try {
      for (const frame of reader.push(chunk)) this.#settle(frame);
    } catch (error) {
      // What it sends is no frame or no message: its memory may be damaged, nothing of it can be trusted.
      this.#log({ event: 'runner-nonsense', pid: this.pid, error: String(error).slice(0, logLineLengthMax) });
      this.kill();
    }
  }

  #settle({ header, tensors }: Frame): void {
    const reply = runnerReplySchema.parse(header);
    const id = reply.type === 'loaded' ? 'load' : (reply.id ?? 'load');
    const pending = this.#pending.get(id);
    if (pending === undefined) throw this.#nonsense(`${reply.type} without a question`);
    this.#pending.delete(id);
    if (reply.type !== 'failed') {
      pending.resolve({ reply, tensors });
      return;
    }
    const { code, message, retryAfterMs } = reply.failure;
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    pending.reject(new BrinkError(code, message, { ...options, cause: reply.detail }));
  }

  #nonsense(what: string): RunnerDied {
    return new RunnerDied(`the runner answered ${what}`);
  }

  /** The first reason stays. */
  #die(why: string): RunnerDied {
    if (this.#died !== undefined) return this.#died;
    const died = new RunnerDied(`the runner ended: ${why}`);
    this.#died = died;
    for (const pending of this.#pending.values()) pending.reject(died);
    this.#pending.clear();
    this.#socket.destroy();
    return died;
  }

  #forwardLines(stream: Readable | null, name: string): void {
    let lines = 0;
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (lines++ < logLinesMax)
        this.#log({ event: 'runner-output', pid: this.pid, stream: name, text: text.slice(0, logLineLengthMax) });
    });
  }
}
