import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { blobKey } from '../../../edge/artifact-keys.js';
import { workerOptions } from '../../build/worker-options.mjs';
import { type LocalEdge, startEdge } from '../../local/edge.js';
import { projectRoot } from '../../local/project-root.js';
import type { ColdModel } from './cold-models.js';
import type { ColdFigures, ColdTrial } from './cold-trial.js';

/** workerd with the benchmark's Worker: a new process for each trial, with the same R2 and cache. */
export class ColdServer {
  readonly #edge: LocalEdge;
  #isolates = 0;

  private constructor(edge: LocalEdge) {
    this.#edge = edge;
  }

  static async start(models: readonly ColdModel[]): Promise<ColdServer> {
    const folder = await mkdtemp(join(tmpdir(), 'brink-bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const bundle = join(folder, 'worker');
    const entryPoints = { worker: 'scripts/bench/cold/worker/worker.ts' };
    await build({ ...workerOptions, sourcemap: false, absWorkingDir: projectRoot(), entryPoints, outdir: bundle });
    const edge = await startEdge({ bundle, stateDir: join(folder, 'state'), vars: {}, onLog: () => undefined });
    const server = new ColdServer(edge);
    await server.#store(models);
    return server;
  }

  /** One cold start. The isolate is there before it begins: what it takes to start a Worker is the platform's. */
  async trial(trial: ColdTrial, golden: Uint8Array): Promise<ColdFigures> {
    this.#isolates += 1;
    await this.#edge.setVars({ BENCH_ISOLATE: String(this.#isolates) });
    await fetch(this.#edge.url);
    const url = `${this.#edge.url}/?trial=${encodeURIComponent(JSON.stringify(trial))}`;
    const answer = await fetch(url, { method: 'POST', body: golden as Uint8Array<ArrayBuffer> });
    if (!answer.ok) throw new Error(`the bench Worker failed: ${(await answer.text()).slice(0, 400)}`);
    const figures: ColdFigures = await answer.json();
    return figures;
  }

  dispose(): Promise<void> {
    return this.#edge.dispose();
  }

  async #store(models: readonly ColdModel[]): Promise<void> {
    const { miniflare, url } = this.#edge;
    const bucket = await miniflare.getR2Bucket('BLOBS');
    for (const [sha256, content] of models.flatMap(({ blobs }) => [...blobs])) {
      const bytes = await content.bytes();
      await bucket.put(blobKey(sha256), Uint8Array.from(bytes).buffer);
      await fetch(`${url}/?keep=${sha256}`, { method: 'POST' });
    }
  }
}
