import { Agent, request } from 'node:http';

export interface Exchange {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Uint8Array;
  /** From the moment the request was made until its answer had come whole. */
  readonly ms: number;
}

export interface Sending {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const silenceMsMax = 120_000;

/** A client with one connection that it keeps: one request after the other. */
export class KeepAliveClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  send({ method, path, headers = {}, body }: Sending): Promise<Exchange> {
    const length = body === undefined ? {} : { 'content-length': String(body.byteLength) };
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const options = { method, agent: this.#agent, headers: { ...headers, ...length }, timeout: silenceMsMax };
      const sending = request(this.#url + path, options, (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const ms = performance.now() - startedAt;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks), ms });
        });
      });
      sending.on('timeout', () => sending.destroy(new Error(`no answer to ${path} within ${silenceMsMax} ms`)));
      sending.on('error', reject);
      sending.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
