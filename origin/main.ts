import { readConfig } from './config.js';
import { Origin } from './origin.js';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // no onnxruntime loads here, but what is spawned from here must not forget

const log = (row: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(row)}\n`);
};

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
