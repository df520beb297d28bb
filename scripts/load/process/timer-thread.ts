import { parentPort } from 'node:worker_threads';
import { monotonicMs } from './monotonic.js';

/**
 * A thread that sleeps until a moment and says so. Timers of an event loop are a millisecond or two late; spinning on
 * one is on time and costs a core, which the server under load should have. A sleeping thread is on time for nothing.
 */
const cell = new Int32Array(new SharedArrayBuffer(4));

parentPort?.on('message', (atMs: number) => {
  const leftMs = atMs - monotonicMs();
  if (leftMs > 0) Atomics.wait(cell, 0, 0, leftMs);
  parentPort?.postMessage(atMs);
});
