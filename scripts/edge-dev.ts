import { startEdge } from './local/edge.js';
import { whenPortClosed } from './local/watch-port.js';
import { edgeConfigSchema, edgeConfigVariable } from './start/edge-config.js';

/**
 * The local edge as a process of its own: its starter can be killed and this one still ends workerd. Configured by
 * BRINK_EDGE_CONFIG (JSON), says on standard output where it listens.
 */
const config = edgeConfigSchema.parse(JSON.parse(process.env[edgeConfigVariable] ?? '{}'));
// workerd inherits this environment, and has no need of the secrets in it.
Reflect.deleteProperty(process.env, edgeConfigVariable);

const { port, host, stateDir, vars } = config;
const starting = startEdge({ port, host, vars, ...(stateDir === undefined ? {} : { stateDir }) });

const watching = new AbortController();
let ending: Promise<void> | undefined;
const end = (): void => {
  watching.abort();
  ending ??= starting
    .then((edge) => edge.dispose())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
};
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.on('disconnect', end); // the starter is gone, even by SIGKILL
if (process.send !== undefined && !process.connected) end();

try {
  const { url } = await starting;
  process.stdout.write(`${JSON.stringify({ event: 'listening', url })}\n`);
  // Nobody tells when workerd dies alone: without it this process is of no use, and the supervisor starts both anew.
  const { hostname, port: listening } = new URL(url);
  const watch = { host: hostname, port: Number(listening), everyMs: 1_000, missesMax: 3, signal: watching.signal };
  void whenPortClosed(watch).then(() => {
    process.stderr.write('workerd is gone\n');
    process.exit(1);
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
