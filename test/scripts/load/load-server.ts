import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reply = (request: IncomingMessage, response: ServerResponse, number: number, body: Buffer) => void;

/** A real HTTP server that answers the n-th request (from 0) as told, and counts. */
export class LoadServer {
  readonly #server: Server;
  requests = 0;
  connections = 0;
  reply: Reply;
  readonly bodies: Buffer[] = [];

  private constructor(reply: Reply) {
    this.reply = reply;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        if (this.bodies.length < 1_000) this.bodies.push(body);
        this.reply(request, response, this.requests++, body);
      });
    });
    this.#server.on('connection', () => (this.connections += 1));
  }

  static async start(reply: Reply): Promise<LoadServer> {
    const server = new LoadServer(reply);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
