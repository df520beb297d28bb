import { BrinkError } from '../../shared/errors/brink-error.js';
import type { ArtifactSource } from './artifact-source.js';

export interface EdgeSourceOptions {
  /** The edge's address, as `https://host`. */
  readonly edgeUrl: string;
  readonly token: string;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Manifests are a few kilobytes; what is far larger is none. */
const manifestLengthMax = 4 * 1024 * 1024;
const retryAfterMs = 1_000;

/** Artifacts by the edge's artifact route. Fails closed: without the bytes a version does not run here. */
export class EdgeSource implements ArtifactSource {
  readonly #options: EdgeSourceOptions;

  constructor(options: EdgeSourceOptions) {
    this.#options = options;
  }

  async blob(sha256: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#get(`blobs/${sha256}`, 'blob', signal);
    if (body === null) throw unavailable('blob', 'an answer without a body');
    return body as ReadableStream<Uint8Array>;
  }

  async manifest(digest: string, signal: AbortSignal): Promise<string> {
    const response = await this.#get(`manifests/${digest}`, 'manifest', signal);
    const text = await response.text().catch((error: unknown) => {
      throw unavailable('manifest', 'an answer that broke off', error);
    });
    if (text.length <= manifestLengthMax) return text;
    throw unavailable('manifest', `${text.length} characters instead of at most ${manifestLengthMax}`);
  }

  async #get(path: string, what: string, signal: AbortSignal): Promise<Response> {
    const { edgeUrl, token, fetch: ask = fetch } = this.#options;
    const url = new URL(`/artifacts/v1/${path}`, edgeUrl);
    const request = { headers: { authorization: `Bearer ${token}` }, redirect: 'error', signal } as const;
    const response = await ask(url, request).catch((error: unknown) => {
      throw unavailable(what, 'no answer', error);
    });
    if (response.ok) return response;
    await response.body?.cancel().catch(() => undefined);
    if (response.status === 404) throw unavailable(what, 'none: it is not stored there');
    throw unavailable(what, `status ${response.status}`);
  }
}

function unavailable(what: string, got: string, cause?: unknown): BrinkError {
  return new BrinkError('artifact-unavailable', `expected the edge to answer with a ${what}, got ${got}`, {
    cause,
    retryAfterMs,
  });
}
