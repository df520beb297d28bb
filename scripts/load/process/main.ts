import { setPriority } from 'node:os';
import { URL } from 'node:url';
import type { LoadPlan, LoadProgress } from '../load-plan.js';
import type { FromGenerator, ToGenerator } from './messages.js';
import { monotonicMs } from './monotonic.js';
import { runPlan } from './run-plan.js';
import { ThreadAlarm } from './thread-alarm.js';

/** Where it may: it sends on time though the server under load has every core busy. It uses little, and says how much. */
const niceness = -5;

/** The generator's process: runs the plans that come over the IPC channel, one after the other, and ends with the channel. */
goFirst(); // before the alarm: a thread inherits it
const alarm = new ThreadAlarm(new URL('./timer-thread.js', import.meta.url), monotonicMs);
let running: AbortController | undefined;

const tell = (message: FromGenerator): void => void process.send?.(message);

function goFirst(): void {
  try {
    setPriority(niceness);
  } catch {
    // not allowed: what is late is counted
  }
}

function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function run(plan: LoadPlan): Promise<void> {
  if (running !== undefined) throw new Error('expected one run at a time');
  running = new AbortController();
  try {
    const onProgress = (progress: LoadProgress): void => tell({ type: 'progress', progress });
    const result = await runPlan(plan, { now: monotonicMs, alarm, cpuS, onProgress, signal: running.signal });
    tell({ type: 'result', result });
  } catch (error) {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    running = undefined;
  }
}

process.on('message', (message: ToGenerator) => {
  if (message.type === 'stop') running?.abort();
  else void run(message.plan); // settles by a message
});
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; whoever started this says when to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
tell({ type: 'ready' });
