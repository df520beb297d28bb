import { createServer } from 'node:net';
import { StartRefused } from './start-refused.js';

export interface PortWish {
  /** Who wants it: `the edge`. */
  readonly who: string;
  readonly port: number;
  readonly option: string;
  readonly variable: string;
}

/** The ports that a start wants. */
export function portWishes(place: {
  readonly edgePort: number;
  readonly originPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly withOrigin: boolean;
}): PortWish[] {
  const { edgePort, originPort, grpcPort, metricsPort, withOrigin } = place;
  const edge = { who: 'the edge', port: edgePort, option: '--edge-port', variable: 'BRINK_EDGE_PORT' };
  const origin = { who: 'the origin', port: originPort, option: '--origin-port', variable: 'BRINK_ORIGIN_PORT' };
  const more = [
    { ...origin, who: "the origin's gRPC", port: grpcPort, variable: 'ORIGIN_GRPC_PORT' },
    { ...origin, who: "the origin's metrics", port: metricsPort, variable: 'ORIGIN_METRICS_PORT' },
  ];
  return withOrigin ? [edge, origin, ...more] : [edge];
}

/** Throws StartRefused, naming each port that is taken and how to choose another. */
export async function checkPorts(wishes: readonly PortWish[], host = '127.0.0.1'): Promise<void> {
  wishes.forEach((second, index) => {
    const first = wishes.slice(0, index).find(({ port }) => port === second.port && port !== 0);
    if (first === undefined) return;
    const text = `${first.who} and ${second.who} cannot both have port ${first.port}: change ${second.option}`;
    throw new StartRefused(text);
  });
  const taken = await Promise.all(wishes.map(async (wish) => ((await isTaken(host, wish.port)) ? [wish] : [])));
  const lines = taken
    .flat()
    .map(
      ({ who, port, option, variable }) =>
        `port ${port}, which ${who} needs, is taken by another program: end that, or choose another port with\n` +
        `  npm start -- ${option} <port>   (or ${variable}=<port>)`,
    );
  if (lines.length > 0) throw new StartRefused(lines.join('\n'));
}

function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      else if (error.code === 'EACCES') {
        reject(new StartRefused(`port ${port} may not be used by this user: choose one above 1023`));
      } else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
