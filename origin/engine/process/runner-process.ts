import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { encodeFrame, type Frame } from '../../runner/frame.js';
import { FrameReader } from '../../runner/frame-reader.js';
import { type RunnerReply, runnerReplySchema, type RunnerRequest, type Signatures } from '../../runner/messages.js';
import type { SessionOptions } from '../../runner/session-options.js';
import type { Log } from '../log.js';
import type { BatchTensor, Runner, RunResult } from '../runner.js';
import { type Schedule, systemSchedule } from '../schedule.js';
import { forwardOutput } from './forward-output.js';
import { MemoryWatch, residentBytes } from './memory-watch.js';
import { type DeathKind, RunnerDied } from './runner-died.js';
import { slabPair, type SlabPair } from './slab-pair.js';
import { socketPair } from './socket-pair.js';

export { RunnerDied } from './runner-died.js';

/** A runner's process and how its sessions are made. */
export interface RunnerOptions extends SessionOptions {
  /** The bundled runner, `dist/origin/runner.js`. */
  readonly runnerJs: string;
  /** Where runners get their own empty directories; default: the system's temporary directory. */
  readonly scratchDir?: string;
  /** Variables that a runner needs beyond none (a GPU's library path, say). Never secrets: models run there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Resident memory over which it is killed, while it loads or runs (looked at every 250 ms: Linux only) and after. */
  readonly memoryBytesMax?: number;
  readonly schedule?: Schedule;
}

type ReplyType = RunnerReply['type'];
type ReplyOf<Type extends ReplyType> = Extract<RunnerReply, { type: Type }>;

interface Pending {
  /** Throws for a reply that does not belong to the question. */
  resolve(reply: RunnerReply, frame: Frame): void;
  reject(error: unknown): void;
}

const errorLengthMax = 500;

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
  readonly #slabs: SlabPair | undefined;
  readonly #pending = new Map<number | 'load', Pending>();
  readonly #log: Log;
  readonly #memoryBytesMax: number;
  readonly #watch: MemoryWatch;
  #nextId = 1;
  #died: RunnerDied | undefined;

  private constructor(
    child: ChildProcess,
    { socket, slabs }: { socket: Duplex; slabs: SlabPair | undefined },
    directory: string,
    options: RunnerOptions,
    log: Log,
  ) {
    const pid = child.pid ?? -1;
    this.pid = pid;
    this.#child = child;
    this.#socket = socket;
    this.#slabs = slabs;
    this.#log = log;
    this.#memoryBytesMax = options.memoryBytesMax ?? Infinity;
    this.#watch = new MemoryWatch({
      bytesMax: this.#memoryBytesMax,
      schedule: options.schedule ?? systemSchedule,
      read: () => residentBytes(pid),
      onOver: (bytes) =>
        this.#killFor('memory', `expected at most ${this.#memoryBytesMax} bytes of memory, took ${bytes}`),
    });
    // Its end is the process's end, which 'exit' tells; without a listener the error would end the server.
    socket.on('error', () => undefined);
    forwardOutput(child, log);
    child.on('error', (error) => this.#die('exit', `could not be started: ${error.message}`));
    this.ended = new Promise((resolve) => {
      const finish = (why: string): void => {
        const { message } = this.#die('exit', why);
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
    const slabs = slabPair(directory);
    const reader = new FrameReader({ slab: slabs?.outputs });
    const connected: { to?: RunnerProcess } = {}; // nothing arrives before the process is there
    const pair = await socketPair(join(directory, 's'), {
      buffer: () => reader.space(),
      callback: (bytes) => {
        if (connected.to !== undefined) connected.to.#receive(() => reader.filled(bytes));
        return true;
      },
    });
    const child = spawn(process.execPath, [options.runnerJs, String(process.pid), ...(slabs ? ['slabs'] : [])], {
      cwd: directory,
      env: { ...options.env, ORT_DISABLE_TELEMETRY: '1', HOME: directory, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe', pair?.childs ?? 'pipe', ...(slabs?.fds ?? [])],
    });
    pair?.childs.destroy();
    const socket = pair?.own ?? (child.stdio[3] as Duplex);
    const runner = new RunnerProcess(child, { socket, slabs }, directory, options, log);
    if (pair === undefined) socket.on('data', (chunk: Uint8Array) => runner.#receive(() => reader.push(chunk)));
    connected.to = runner;
    return runner;
  }

  /** Loads the graphs of a version; rejects with BrinkError when onnxruntime refuses one, RunnerDied otherwise. */
  async load(graphs: Readonly<Record<string, string>>, options: SessionOptions): Promise<Signatures> {
    const { threads, providers, deviceId, spinning } = options;
    const session = { threads, providers, spinning, ...(deviceId === undefined ? {} : { deviceId }) };
    const { reply } = await this.#ask('load', 'loaded', { type: 'load', graphs, session });
    return reply.graphs;
  }

  async run(graph: string, inputs: readonly BatchTensor[]): Promise<RunResult> {
    const id = this.#nextId++;
    const slab = this.#slabs !== undefined && this.#pending.size === 0;
    const { reply, frame } = await this.#ask(id, 'result', { type: 'run', id, graph, slab }, inputs);
    const { inferMs, cpuMs, rssBytes } = reply;
    return { outputs: frame.tensors, giveBack: frame.giveBack, inferMs, cpuMs, rssBytes };
  }

  async ping(): Promise<{ readonly rssBytes: number }> {
    const id = this.#nextId++;
    const { reply } = await this.#ask(id, 'pong', { type: 'ping', id });
    return { rssBytes: reply.rssBytes };
  }

  /** Names of the execution providers that the build of onnxruntime knows of, usable or not. */
  async backends(): Promise<readonly string[]> {
    const id = this.#nextId++;
    const { reply } = await this.#ask(id, 'backends', { type: 'backends', id });
    return reply.names;
  }

  /** Closes the socket: it ends by itself when it has finished what it does. */
  disconnect(): void {
    this.#socket.destroy();
  }

  /** Ends it at once, in the middle of whatever it does: there is no other way to stop a native run. */
  kill(): void {
    this.#killFor('killed', 'killed');
  }

  #killFor(kind: DeathKind, why: string): void {
    this.#die(kind, why);
    this.#child.kill('SIGKILL');
  }

  #ask<Type extends ReplyType>(
    id: number | 'load',
    type: Type,
    request: RunnerRequest,
    inputs: readonly BatchTensor[] = [],
  ): Promise<{ reply: ReplyOf<Type>; frame: Frame }> {
    return new Promise((resolve, reject) => {
      if (this.#died !== undefined) {
        reject(this.#died);
        return;
      }
      const slab = this.#pending.size === 0 ? this.#slabs?.inputs : undefined; // what is there has been read
      const chunks = encodeFrame(request, inputs, { slab }); // a frame over the limit rejects the caller and sends nothing
      const settle: Pending['resolve'] = (reply, frame) => {
        if (!isOf(type, reply)) throw new Error(`expected ${type}, got ${reply.type}`);
        resolve({ reply, frame });
      };
      this.#pending.set(id, { resolve: settle, reject });
      if (this.#memoryBytesMax < Infinity) this.#watch.start();
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  #receive(frames: () => readonly Frame[]): void {
    try {
      for (const frame of frames()) this.#settle(frame);
    } catch (error) {
      // What it sends is no frame or no message: its memory may be damaged, nothing of it can be trusted.
      this.#log({ event: 'runner-nonsense', pid: this.pid, error: String(error).slice(0, errorLengthMax) });
      this.#killFor('nonsense', 'it answered what makes no sense');
    }
  }

  #settle(frame: Frame): void {
    const reply = runnerReplySchema.parse(frame.header);
    const id = reply.type === 'loaded' ? 'load' : (reply.id ?? 'load');
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new Error(`${reply.type} without a question`);
    if ('rssBytes' in reply && reply.rssBytes > this.#memoryBytesMax) {
      this.#killFor('memory', `expected at most ${this.#memoryBytesMax} bytes of memory, took ${reply.rssBytes}`);
      return;
    }
    if (reply.type !== 'failed') pending.resolve(reply, frame);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#watch.stop();
    if (reply.type !== 'failed') return;
    const { code, message, retryAfterMs } = reply.failure;
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    pending.reject(new BrinkError(code, message, { ...options, cause: reply.detail }));
  }

  /** The first reason stays. */
  #die(kind: DeathKind, why: string): RunnerDied {
    if (this.#died !== undefined) return this.#died;
    const died = new RunnerDied(`the runner ended: ${why}`, kind);
    this.#died = died;
    this.#watch.stop();
    for (const pending of this.#pending.values()) pending.reject(died);
    this.#pending.clear();
    this.#socket.destroy();
    this.#slabs?.close();
    return died;
  }
}

function isOf<Type extends ReplyType>(type: Type, reply: RunnerReply): reply is ReplyOf<Type> {
  return reply.type === type;
}
