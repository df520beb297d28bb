import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { processTree } from '../../scripts/bench/origin/processes/process-tree.js';
import { HttpClient } from '../harness/http-client.js';
import type { TestModel } from '../harness/onnx.js';
import { adminToken, originKey, Stack } from '../harness/stack.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import { type Exposed, parsePrometheus } from '../origin/observe/prometheus-text.js';
import { GrpcTestClient } from '../origin/grpc/grpc-client.js';
import { healthOf } from './grpc-health.js';
import { outcomeOfGrpc, outcomeOfReply, type Outcome } from './outcome.js';

/** For conditions that a busy machine may take long to reach. */
export const soon = { timeout: 30_000, interval: 20 } as const;

export interface FaultStackOptions {
  /** TOML, for ORIGIN_SETTINGS; one runner of one thread for each model unless it says otherwise. */
  readonly settings?: string;
  readonly originEnv?: Readonly<Record<string, string>>;
}

export interface Infer {
  readonly inputs: readonly { name: string; datatype: string; shape: number[]; data: number[] }[];
  readonly headers?: Readonly<Record<string, string>>;
}

type Row = Readonly<Record<string, unknown>>;

/** What the health endpoints say of the origin and of one model, all of them. */
export interface Truth {
  readonly ready: boolean;
  readonly grpc: 'SERVING' | 'NOT_SERVING';
  readonly modelReady: boolean;
  /** State and reason in the repository's index. */
  readonly index: string;
  /** Runners by state, those that there are. */
  readonly runners: Readonly<Record<string, number>>;
}

const oneRunner = '[defaults]\ninstances = 1\nthreads = 1\n';

/** The real origin behind the real edge, with what tests of faults look at: its processes, metrics, health and log. */
export class FaultStack {
  readonly stack: Stack;
  readonly http: HttpClient;
  readonly grpc: GrpcTestClient;
  readonly grpcPort: number;
  readonly #operator: HttpClient;
  readonly #metrics: HttpClient;
  readonly #folder: string;

  private constructor(stack: Stack, folder: string) {
    this.stack = stack;
    this.#folder = folder;
    const { grpc, metrics } = this.rows('listening').at(-1) as { grpc: string; metrics: string };
    this.http = new HttpClient(stack.originUrl, { authorization: `Bearer ${originKey}` }, 1_024);
    this.#operator = new HttpClient(stack.originUrl, { authorization: `Bearer ${adminToken}` });
    this.#metrics = new HttpClient(metrics, { authorization: `Bearer ${adminToken}` });
    this.grpcPort = Number(grpc.split(':').at(-1));
    this.grpc = new GrpcTestClient(this.grpcPort);
  }

  static async start({ settings = oneRunner, originEnv = {} }: FaultStackOptions = {}): Promise<FaultStack> {
    const folder = await mkdtemp(join(tmpdir(), 'brink-faults-'));
    const path = join(folder, 'settings.toml');
    await writeFile(path, settings);
    const stack = await Stack.start({ originEnv: { ORIGIN_SETTINGS: path, ...originEnv } });
    return new FaultStack(stack, folder);
  }

  /** Publishes and promotes, and waits until the origin can answer. Never placed at the edge. */
  async release(name: string, model: TestModel, version = 'v1', extra: Partial<Manifest> = {}): Promise<string> {
    const digest = await this.publish(name, model, version, extra);
    await this.stack.admin.promote(name, version, { why: 'test', bakeMs: 0 });
    await vi.waitFor(async () => expect((await this.truth(name)).modelReady).toBe(true), soon);
    return digest;
  }

  publish(name: string, model: TestModel, version = 'v1', extra: Partial<Manifest> = {}): Promise<string> {
    return this.stack.publishTest(name, model, version, {
      placement: { tiers: ['origin'] },
      deadlineMs: 60_000,
      ...extra,
    });
  }

  /** Asks the origin itself, over REST. */
  async infer(model: string, { inputs, headers = {} }: Infer): Promise<Outcome> {
    const body = JSON.stringify({ inputs });
    const path = `/v2/models/${model}/infer`;
    return outcomeOfReply(
      await this.http.send({ path, body, headers: { 'content-type': 'application/json', ...headers } }, 60_000),
    );
  }

  /** The same over gRPC. */
  async inferGrpc(model: string, { inputs, headers = {} }: Infer): Promise<Outcome> {
    const metadata = { authorization: `Bearer ${originKey}`, ...headers };
    return outcomeOfGrpc(await this.grpc.call('ModelInfer', grpcRequest(model, inputs), { metadata }));
  }

  /** An operator's request to the origin. */
  async operate(path: string, method: 'GET' | 'POST' = 'GET'): Promise<{ status: number; json: unknown }> {
    const reply = await this.#operator.send({
      path,
      method,
      ...(method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {}),
    });
    const text = reply.bytes.toString();
    return { status: reply.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  async truth(model: string, version = 'v1'): Promise<Truth> {
    const [ready, grpc, modelReady, index, metrics] = await Promise.all([
      this.operate('/v2/health/ready'),
      healthOf(this.grpc),
      this.operate(`/v2/models/${model}/ready`),
      this.operate('/v2/repository/index', 'POST'),
      this.metrics(),
    ]);
    const entries = index.json as { name: string; version: string; state: string; reason?: string }[];
    const entry = entries.find((one) => one.name === model && one.version === version);
    const states = metrics.all('brink_runners').filter(({ labels, value }) => labels['model'] === model && value > 0);
    return {
      ready: ready.status === 200,
      grpc,
      modelReady: modelReady.status === 200,
      index: `${entry?.state ?? 'none'} ${entry?.reason ?? ''}`.trimEnd(),
      runners: Object.fromEntries(states.map(({ labels, value }) => [labels['state'] ?? '', value])),
    };
  }

  async metrics(): Promise<Exposed> {
    return parsePrometheus((await this.#metrics.send({ path: '/metrics' })).bytes.toString());
  }

  /** The sum over all series with these labels; 0 without any. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const all = (await this.metrics()).all(name);
    const found = all.filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value));
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** Waits until so many requests of a model wait for a runner, and so many more are in one. */
  async waitFor(model: string, queued: number, running: number): Promise<void> {
    await expect
      .poll(async () => {
        const metrics = await this.metrics();
        const sum = (name: string): number =>
          metrics.all(name).reduce((all, { labels, value }) => all + (labels['model'] === model ? value : 0), 0);
        return { queued: sum('brink_queue_depth'), inFlight: sum('brink_in_flight') };
      }, soon)
      .toEqual({ queued, inFlight: queued + running });
  }

  /** Processes of runners, whether they are ready or not. */
  async runnerPids(): Promise<number[]> {
    const { pid } = this.stack.origin;
    return (await processTree(pid)).map((one) => one.pid).filter((one) => one !== pid);
  }

  /** The process of the one runner of a version that is ready: told by the log. */
  runnerOf(digest: string): number {
    return this.rows('runner-ready').filter((row) => row['digest'] === digest).at(-1)?.['pid'] as number; // prettier-ignore
  }

  async residentBytes(): Promise<number> {
    return (await processTree(this.stack.origin.pid)).reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  }

  /** Directories of runners on the disk. */
  scratchDirs(): Promise<string[]> {
    return readdir(join(this.stack.originDir, 'scratch'));
  }

  /** What the origin logged under this name. */
  rows(event: string): Row[] {
    const lines = this.stack.originLines.filter((line) => line.startsWith('{') && line.includes(`"${event}"`));
    return lines.map((line) => JSON.parse(line) as Row).filter((row) => row['event'] === event);
  }

  async dispose(): Promise<void> {
    for (const client of [this.http, this.#operator, this.#metrics, this.grpc]) client.close();
    await this.stack.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function grpcRequest(model: string, inputs: Infer['inputs']): Record<string, unknown> {
  const field = { FP32: 'fp32_contents', INT64: 'int64_contents' } as Readonly<Record<string, string>>;
  const typed = inputs.map(({ name, datatype, shape, data }) => {
    return { name, datatype, shape, contents: { [field[datatype] ?? '']: data } };
  });
  return { model_name: model, inputs: typed };
}

/** One row for `workModel`. */
export const work = (steps: number, index: number): Infer['inputs'] => [
  { name: 'steps', datatype: 'INT64', shape: [1, 1], data: [steps] },
  { name: 'index', datatype: 'INT64', shape: [1, 1], data: [index] },
];

export const vector = (...data: number[]): Infer['inputs'] => [
  { name: 'x', datatype: 'FP32', shape: [1, data.length], data },
];
