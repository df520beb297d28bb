import { waitUntil } from 'cloudflare:workers';
import { handlers } from '../../models/registry.js';
import { systemClock } from '../../shared/time/clock.js';
import { type Env, heapBytesMaxOf, sessionBytesMaxOf } from '../bindings.js';
import { ArtifactStore } from './artifact-store.js';
import { EdgeEngine } from './edge-engine.js';
import { estimatedHeapBytes, loadMsMax, VersionLoader } from './loaded-version.js';
import { OrtRuntime } from './ort-runtime.js';
import { startOrt } from './ort-start.js';
import { RunQueue } from './run-queue.js';
import { SessionCache } from './session-cache.js';

// The isolate's one engine: onnxruntime-web can be started once per isolate, whatever request comes first.
let engine: EdgeEngine | undefined;

export function engineOf(env: Env): EdgeEngine {
  engine ??= buildEngine(env);
  return engine;
}

export function log(event: string, fields: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ event, ...fields }));
}

function buildEngine(env: Env): EdgeEngine {
  const heapBytesMax = heapBytesMaxOf(env);
  const runtime = new OrtRuntime(() => startOrt(heapBytesMax), new RunQueue(() => scheduler.wait(0)));
  const artifacts = new ArtifactStore({ bucket: env.BLOBS, cache: caches.default, waitUntil, log });
  const loader = new VersionLoader(runtime, artifacts, systemClock);
  const sessions = new SessionCache({
    bytesMax: sessionBytesMaxOf(env),
    estimateBytes: ({ manifest }) => estimatedHeapBytes(manifest),
    load: (target) => loader.load(target),
    release: (version) => loader.release(version),
    loadMsMax,
    clock: systemClock,
    waitUntil,
    log: (event, fields) => log(event, { ...fields, heapBytes: runtime.heapBytes }),
  });
  return new EdgeEngine(runtime, sessions, handlers);
}
