import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A fault: an origin that checks no lease. It answers whatever version it is pinned to, after `delayMs(version)`, as if
 * it had run it; to the edge it looks healthy.
 */
export class CarelessOrigin {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(delayMs: (version: string) => number): Promise<CarelessOrigin> {
    const server = createServer((request, response) => {
      const [version = '', digest = ''] = String(request.headers['x-brink-pin']).split('@');
      const answer = JSON.stringify({ model_name: 'careless', model_version: version, outputs: [] });
      request.resume().on('end', () => {
        setTimeout(() => {
          response.writeHead(200, {
            'content-type': 'application/json',
            'x-brink-digest': digest,
            'x-brink-version': version,
          });
          response.end(answer);
        }, delayMs(version));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CarelessOrigin(server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
