import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '../http/create-server.js';
import { metricsHandler, type MetricsHandlerParts } from './metrics-handler.js';

export interface MetricsServerParts extends MetricsHandlerParts {
  readonly host: string;
  readonly port: number;
}

/** Scrapers are few: whoever opens more connections is turned away. */
const connectionsMax = 64;
/** A connection on which nothing moves is closed after so long. */
const idleMsMax = 30_000;

/** HTTP for Prometheus, on a port of its own: how the server fares can be seen when the data plane is full. */
export class MetricsServer {
  readonly #host: string;
  readonly #port: number;
  readonly #server: Server;

  constructor({ host, port, ...handler }: MetricsServerParts) {
    this.#host = host;
    this.#port = port;
    this.#server = createHttpServer(metricsHandler(handler));
    this.#server.maxConnections = connectionsMax;
    this.#server.setTimeout(idleMsMax);
  }

  /** Rejects with a clear text when the port is taken. */
  async listen(): Promise<{ url: string }> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const taken = `port ${this.#port} of ${this.#host} is taken: set another for the metrics`;
        reject(error.code === 'EADDRINUSE' ? new Error(taken, { cause: error }) : error);
      });
      this.#server.listen(this.#port, this.#host, resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return { url: `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${port}` };
  }

  /** Resolves when nothing is open any more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}
