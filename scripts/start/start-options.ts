import { parseArgs } from 'node:util';
import { edgeVarNames, originVarNames, type ServerVars, serverVars } from './server-vars.js';
import { StartRefused } from './start-refused.js';

export interface StartOptions {
  readonly edgePort: number;
  readonly originPort: number;
  /** Of the origin, too: by default the two ports after its own. */
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly withOrigin: boolean;
  readonly jsonLogs: boolean;
  readonly help: boolean;
  readonly serverVars: ServerVars;
}

export const startHelp = `npm start -- [options]: the edge and the origin on this machine, with the models of models/

  --edge-port <port>    default 8787, or BRINK_EDGE_PORT
  --origin-port <port>  default 8000, or BRINK_ORIGIN_PORT; its gRPC and metrics have the next two
  --no-origin           the edge alone
  --json-logs           say everything as JSON lines
  --help                this text

State, secrets and logs are kept in .brink/ (BRINK_HOME to have them elsewhere). Ctrl-C ends everything.

Passed on to the edge when set:
  ${edgeVarNames.join(' ')}
and to the origin:
  ${originVarNames.join(' ')}`;

/** The command line over the environment over the defaults. Throws StartRefused. */
export function parseStartOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartOptions {
  const values = parsed(args);
  const originPort = port('--origin-port', values['origin-port'] ?? env['BRINK_ORIGIN_PORT'], 8000);
  return {
    edgePort: port('--edge-port', values['edge-port'] ?? env['BRINK_EDGE_PORT'], 8787),
    originPort,
    grpcPort: port('ORIGIN_GRPC_PORT', env['ORIGIN_GRPC_PORT'], originPort + 1),
    metricsPort: port('ORIGIN_METRICS_PORT', env['ORIGIN_METRICS_PORT'], originPort + 2),
    withOrigin: values['no-origin'] !== true,
    jsonLogs: values['json-logs'] === true,
    help: values.help === true,
    serverVars: serverVars(env),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'edge-port': { type: 'string' },
        'origin-port': { type: 'string' },
        'no-origin': { type: 'boolean' },
        'json-logs': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new StartRefused(`${error instanceof Error ? error.message : String(error)}\n\n${startHelp}`, {
      cause: error,
      exit: 2,
    });
  }
}

function port(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (number >= 1 && number <= 65_535) return number;
  throw new StartRefused(`${option}: expected a port from 1 to 65535, got "${text.slice(0, 32)}"`, { exit: 2 });
}
