import { type Env, heapBytesMaxOf } from '../../../../edge/bindings.js';
import { ArtifactStore } from '../../../../edge/host/artifact-store.js';
import { OrtRuntime } from '../../../../edge/host/ort-runtime.js';
import snapshotFile from '../../../../edge/host/ort-start.bin';
import { startOrt, type StartedOrt } from '../../../../edge/host/ort-start.js';
import { RunQueue } from '../../../../edge/host/run-queue.js';
import { fromOrtTensor, toOrtTensor } from '../../../../shared/engine/ort-tensor.js';
import { compareOutputs } from '../../../../shared/golden/compare-outputs.js';
import { decodeGolden } from '../../../../shared/golden/encode-golden.js';
import type { BlobRef } from '../../../../shared/manifest/manifest.js';
import { systemClock } from '../../../../shared/time/clock.js';
import { Deadline } from '../../../../shared/time/deadline.js';
import type { ColdFigures, ColdTrial } from '../cold-trial.js';

const deadlineMs = 60_000;
const none = new ArrayBuffer(0);
const noCache = { match: () => Promise.resolve(undefined), put: () => Promise.resolve(), delete: () => Promise.resolve(false) }; // prettier-ignore

/** Starts onnxruntime, fetches the artifact, makes a session of it and runs it, all with the host's own parts. */
export async function coldStart(env: Env, trial: ColdTrial, golden: Uint8Array): Promise<ColdFigures> {
  const { inputs, outputs } = decodeGolden(golden);
  const deadline = new Deadline(systemClock, deadlineMs);
  let started: StartedOrt | undefined;
  const start = async (): Promise<StartedOrt> =>
    (started = await startOrt(heapBytesMaxOf(env), trial.fromSnapshot ? snapshotFile : none));
  const runtime = new OrtRuntime(start, new RunQueue(() => scheduler.wait(0)));
  const store = new ArtifactStore({
    bucket:
      trial.tier === 'r2' ? env.BLOBS : { get: () => Promise.reject(new Error('expected the blob in the cache')) },
    cache: trial.tier === 'cache' ? caches.default : noCache,
    waitUntil: () => undefined,
    log: () => undefined,
  });
  const get = (blob: BlobRef): Promise<Uint8Array> => store.get(blob);

  const clock = [Date.now()];
  const { Tensor } = await runtime.start();
  const heapStartBytes = runtime.heapBytes;
  clock.push(Date.now());
  const model = await get(trial.model);
  const external: { path: string; data: Uint8Array }[] = [];
  for (const [path, blob] of Object.entries(trial.externalData)) external.push({ path, data: await get(blob) });
  clock.push(Date.now());
  const session = await runtime.createSession(model, external, { isOptimised: trial.isOptimised, deadline });
  clock.push(Date.now());
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input, Tensor)]));
  const results = await runtime.run(session, feeds, deadline);
  clock.push(Date.now());

  const [t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0] = clock;
  const got = Object.entries(results).map(([name, tensor]) => fromOrtTensor(name, tensor));
  return {
    startMs: t1 - t0,
    fetchMs: t2 - t1,
    createMs: t3 - t2,
    firstRunMs: t4 - t3,
    wholeMs: t4 - t0,
    heapStartBytes,
    heapBytes: runtime.heapBytes,
    fromSnapshot: started?.fromSnapshot === true,
    wrong: compareOutputs(outputs, got).filter(({ within }) => !within).map(({ text }) => text).join('; '), // prettier-ignore
  };
}
