import { startEdge } from './local/edge.js';
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

let ending: Promise<void> | undefined;
const end = (): void => {
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
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
