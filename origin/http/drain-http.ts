import type { Server, ServerResponse } from 'node:http';

/**
 * How a server ends without losing a request. A connection that is kept would carry the next request, and the one after
 * that: a server that ends says with each answer that its connection ends too (RFC 9112, section 9.6).
 */
export class HttpDrain {
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
    server.prependListener('request', (_, response) => {
      if (this.#draining) endWith(response);
      this.#open.add(response);
      response.once('close', () => this.#open.delete(response));
    });
  }

  /** Takes no new connection; each that is open ends with the answer that it waits for. Resolves when none is left. */
  drain(): Promise<void> {
    this.#draining = true;
    for (const response of this.#open) endWith(response);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }
}

function endWith(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
