import { setFlagsFromString } from 'node:v8';
import { readConfig } from './config.js';
import { systemClock } from '../shared/time/clock.js';
import { systemSchedule } from './engine/schedule.js';
import { LineLog } from './line-log.js';
import { Origin } from './origin.js';

// Bodies and answers lie outside of V8's heap and count as its growth: a heap of 25 MB would be collected as a whole after
// every 16 MB of them. Now it may become four times as large before.
setFlagsFromString('--heap-growing-percent=300');
process.env['ORT_DISABLE_TELEMETRY'] = '1'; // no onnxruntime loads here, but what is spawned from here must not forget

const lines = new LineLog({
  write: (text) => void process.stdout.write(text),
  schedule: systemSchedule,
  clock: systemClock,
});
const { log } = lines;
process.on('exit', () => lines.flush());

async function main(): Promise<void> {
  const origin = await Origin.create(readConfig(process.env), log);
  log({ event: 'listening', ...(await origin.listen()) });

  let ending: Promise<void> | undefined;
  const end = (reason: string): void => {
    ending ??= origin.close(reason).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  // Started by another process with an IPC channel, the origin does not outlive it, even one that is killed.
  process.on('disconnect', () => end('the starter is gone'));
}

main().catch((error: unknown) => {
  process.stderr.write(`brink origin: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
