import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { workerOptions } from '../../build/worker-options.mjs';
import { AdminClient } from '../../client/admin-client.js';
import { type LocalEdge, startEdge } from '../../local/edge.js';
import { projectRoot } from '../../local/project-root.js';
import { publish } from '../../publish/publish.js';
import { type Exchange, KeepAliveClient, type Sending } from '../keep-alive-client.js';
import type { BenchCase } from './bench-case.js';
import type { BenchModel } from './bench-model.js';

const workerSource = 'scripts/bench/edge/worker/worker.ts';
const adminToken = 'bench-admin-token-0123456789';

/**
 * The bench Worker (the real one and the benchmark's routes) in Miniflare, and one connection straight to it: a Worker
 * of Miniflare's own stands before it otherwise, and passes every request on, which is no part of what is measured.
 */
export class BenchServer {
  readonly #edge: LocalEdge;
  #client: KeepAliveClient;
  #isolates = 0;

  private constructor(edge: LocalEdge, url: URL) {
    this.#edge = edge;
    this.#client = new KeepAliveClient(url.origin);
  }

  static async start(): Promise<BenchServer> {
    const folder = await mkdtemp(join(tmpdir(), 'brink-bench-'));
    // Also when a signal ends this process: Miniflare, once it runs, exits at one without asking anybody.
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const bundle = join(folder, 'worker');
    const entryPoints = { worker: workerSource };
    await build({ ...workerOptions, sourcemap: false, absWorkingDir: projectRoot(), entryPoints, outdir: bundle });
    const edge = await startEdge({
      bundle,
      stateDir: join(folder, 'state'),
      vars: { ADMIN_TOKENS: `bench=${adminToken}`, ORIGIN_URL: '' },
      onLog: () => undefined,
      miniflare: { unsafeDirectSockets: [{}] },
    });
    return new BenchServer(edge, await edge.miniflare.unsafeGetDirectURL());
  }

  /** Publishes and promotes; what the Worker has to know of it. */
  async release({ prepared, input, output }: BenchModel): Promise<BenchCase> {
    const admin = new AdminClient({ url: this.#edge.url, token: adminToken, actor: 'bench@local', timeoutMs: 30_000 });
    const { model, version, digest } = await publish(admin, prepared, { why: 'benchmark' });
    await admin.promote(model, version, { why: 'benchmark', bakeMs: 0 });
    const shapeOf = ({ name, shape }: BenchModel['input']) => ({ name, shape });
    return { model, version, digest, input: shapeOf(input), output: shapeOf(output) };
  }

  /** One exchange over the connection. */
  send(sending: Sending): Promise<Exchange> {
    return this.#client.send(sending);
  }

  /** Tells the bench routes of this isolate about a case. */
  async putCase(benchCase: BenchCase, { input, output }: BenchModel): Promise<void> {
    const path = `/bench/case?case=${encodeURIComponent(JSON.stringify(benchCase))}`;
    const tensors = [input.data, output.data].map(
      (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    const { status, bytes } = await this.send({ method: 'POST', path, body: Buffer.concat(tensors) });
    if (status !== 200) throw new Error(`the bench Worker did not take the case: ${new TextDecoder().decode(bytes)}`);
  }

  /** Has the bench routes do something with a model that they know; what they answer. */
  async ask(path: string, model: string): Promise<unknown> {
    const { status, bytes } = await this.send({ method: 'POST', path: `${path}?model=${model}` });
    const text = new TextDecoder().decode(bytes);
    if (status !== 200) throw new Error(`${path} of ${model}: expected status 200, got ${status} (${text})`);
    return JSON.parse(text);
  }

  /** A new workerd process, where nothing has started yet, with the same R2, cache and releases. */
  async restart(): Promise<void> {
    this.#client.close();
    this.#isolates += 1;
    await this.#edge.setVars({ BENCH_ISOLATE: String(this.#isolates) });
    this.#client = new KeepAliveClient((await this.#edge.miniflare.unsafeGetDirectURL()).origin);
  }

  async dispose(): Promise<void> {
    this.#client.close();
    await this.#edge.dispose();
  }
}
