import { waitUntil } from 'cloudflare:workers';
import { handlers } from '../../models/registry.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import { type Env, heapBytesMaxOf, loadsMaxOf, sessionBytesMaxOf } from '../bindings.js';
import { ArtifactMemory } from './artifact-memory.js';
import { ArtifactStore } from './artifact-store.js';
import { EdgeEngine } from './edge-engine.js';
import type { IsolateReport } from './isolate-report.js';
import { LoadGate } from './load-gate.js';
import { estimatedHeapBytes, loadMsMax, VersionLoader } from './loaded-version.js';
import { OrtRuntime } from './ort-runtime.js';
import { startOrt } from './ort-start.js';
import { RunQueue } from './run-queue.js';
import { SessionCache } from './session-cache.js';

interface IsolateParts {
  readonly engine: EdgeEngine;
  readonly report: () => IsolateReport;
}

// The isolate's one engine: onnxruntime-web can be started once per isolate, whatever request comes first.
let parts: IsolateParts | undefined;

const partsOf = (env: Env): IsolateParts => (parts ??= buildEngine(env));

export const engineOf = (env: Env): EdgeEngine => partsOf(env).engine;

export const reportOf = (env: Env): IsolateReport => partsOf(env).report();

export function log(event: string, fields: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ event, ...fields }));
}

function buildEngine(env: Env): IsolateParts {
  const heapBytesMax = heapBytesMaxOf(env);
  const runtime = new OrtRuntime(() => startOrt(heapBytesMax), new RunQueue(() => scheduler.wait(0)));
  const artifacts = new ArtifactStore({ bucket: env.BLOBS, cache: caches.default, waitUntil, log });
  const memory = new ArtifactMemory();
  const loader = new VersionLoader(runtime, artifacts, systemClock, memory);
  const gate = new LoadGate({ loadsMax: loadsMaxOf(env), loadMsMax, clock: systemClock });
  const sessions = new SessionCache({
    bytesMax: sessionBytesMaxOf(env),
    estimateBytes: ({ manifest }) => estimatedHeapBytes(manifest),
    load: (target) => {
      const deadline = new Deadline(systemClock, loadMsMax);
      return gate.run(deadline, () => loader.load(target, deadline));
    },
    release: (version) => loader.release(version),
    describe: ({ figures }) => figures,
    loadMsMax,
    clock: systemClock,
    waitUntil,
    log: (event, fields) => log(event, { ...fields, heapBytes: runtime.heapBytes }),
  });
  const engine = new EdgeEngine(runtime, sessions, handlers);
  const report = (): IsolateReport => ({
    versions: sessions.residencies(),
    broken: runtime.broken,
    heapBytes: runtime.heapBytes,
    heapBytesMax,
    artifactBytes: memory.heldBytes,
    peakArtifactBytes: memory.peakBytes,
    artifacts: artifacts.reads.figures(),
  });
  return { engine, report };
}
