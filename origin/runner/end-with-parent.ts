import { Worker } from 'node:worker_threads';

const lookEveryMs = 1_000;

/** CommonJS, run as it stands: a thread's code in a file of its own would be one more thing to bundle and to find. */
const code = `
const { workerData: { parentPid, lookEveryMs } } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, lookEveryMs);
`;

/**
 * Ends this process soon after its parent has ended, however it ended. The socket tells as much when the event loop
 * turns; during a native run, which may be an endless one, it does not, so a thread of its own looks. It holds nothing
 * of onnxruntime: a thread in which that runs must not be ended.
 */
export function endWithParent(parentPid: number): void {
  const worker = new Worker(code, { eval: true, workerData: { parentPid, lookEveryMs } });
  worker.unref();
}
