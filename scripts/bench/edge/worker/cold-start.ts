import { type Env, heapBytesMaxOf } from '../../../../edge/bindings.js';
import { ArtifactStore, blobCacheUrl } from '../../../../edge/host/artifact-store.js';
import { OrtRuntime } from '../../../../edge/host/ort-runtime.js';
import { startOrt } from '../../../../edge/host/ort-start.js';
import { RunQueue } from '../../../../edge/host/run-queue.js';
import { toOrtTensor } from '../../../../shared/engine/ort-tensor.js';
import { type BlobRef, blobsOf } from '../../../../shared/manifest/manifest.js';
import { systemClock } from '../../../../shared/time/clock.js';
import { Deadline } from '../../../../shared/time/deadline.js';
import { worstError } from '../worst-error.js';
import type { LoadedCase } from './loaded-case.js';
import { TickTimer } from './tick-timer.js';

/** The parts of a cold start, one after the other. */
export interface ColdStart {
  readonly wasmStartMs: number;
  readonly fetchBucketMs: number;
  readonly fetchCacheMs: number;
  readonly createSessionMs: number;
  readonly firstRunMs: number;
  readonly worstError: number;
}

const deadlineMs = 60_000;
const warmUpTicks = 30;

/**
 * Starts cold with the host's own parts, so that each can be timed by itself; the host overlaps the start of the wasm
 * and the first fetch. Once per isolate, in one where nothing has started onnxruntime yet.
 */
export async function coldStart(env: Env, loaded: LoadedCase): Promise<ColdStart> {
  const timer = new TickTimer(() => Date.now());
  timer.warmUp(warmUpTicks);
  const runtime = new OrtRuntime(() => startOrt(heapBytesMaxOf(env)), new RunQueue(() => scheduler.wait(0)));
  const wasm = await timer.time(() => runtime.start());

  const { bucket, cache, store } = await fetchTwice(env, blobsOf(loaded.target.manifest), timer);
  const { graph, input, expected, outputName } = loaded;
  const model = await store.get(graph.model);
  const external = await Promise.all(
    Object.entries(graph.externalData).map(async ([path, blob]) => ({ path, data: await store.get(blob) })),
  );

  const deadline = new Deadline(systemClock, deadlineMs);
  const options = { isOptimised: graph.optimised !== undefined, deadline };
  const session = await timer.time(() => runtime.createSession(model, external, options));
  const feeds = { [input.name]: toOrtTensor(input, wasm.value.Tensor) };
  const run = await timer.time(() => runtime.run(session.value, feeds, deadline));
  return {
    wasmStartMs: wasm.ms,
    fetchBucketMs: bucket.ms,
    fetchCacheMs: cache.ms,
    createSessionMs: session.ms,
    firstRunMs: run.ms,
    worstError: worstError(run.value[outputName]?.data as Float32Array, expected),
  };
}

/** Every blob, verified: once with nothing in the data centre's cache, and again out of the cache. */
async function fetchTwice(env: Env, blobs: readonly BlobRef[], timer: TickTimer) {
  const kept: Promise<unknown>[] = [];
  const store = new ArtifactStore({
    bucket: env.BLOBS,
    cache: caches.default,
    waitUntil: (work) => void kept.push(work),
    log: () => undefined,
  });
  const fetchAll = async (): Promise<void> => {
    for (const blob of blobs) await store.get(blob);
  };
  for (const { sha256 } of blobs) await caches.default.delete(blobCacheUrl(sha256));
  const bucket = await timer.time(fetchAll);
  await Promise.all(kept);
  const cache = await timer.time(fetchAll);
  return { bucket, cache, store };
}
