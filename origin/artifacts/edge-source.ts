import { BrinkError } from '../../shared/errors/brink-error.js';
import { signatureFileBytesMax } from '../../shared/signing/signature-file.js';
import { measurementsBytesMax } from '../../shared/measure/measurements.js';
import { type ArtifactSource, MissingArtifact } from './artifact-source.js';

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
    return textOf(await this.#get(`manifests/${digest}`, 'manifest', signal), 'manifest', manifestLengthMax);
  }

  async signatures(digest: string, signal: AbortSignal): Promise<string | undefined> {
    const what = 'signature file';
    const response = await this.#ask(`signatures/${digest}`, what, signal);
    return response && textOf(response, what, signatureFileBytesMax);
  }

  async measurements(digest: string, signal: AbortSignal): Promise<string | undefined> {
    const what = 'report of measurements';
    const response = await this.#ask(`measurements/${digest}`, what, signal);
    return response && textOf(response, what, measurementsBytesMax);
  }

  async #get(path: string, what: string, signal: AbortSignal): Promise<Response> {
    const response = await this.#ask(path, what, signal);
    if (response !== undefined) return response;
    const text = `expected the edge to answer with a ${what}, got none: it is not stored there`;
    throw new MissingArtifact(text, retryAfterMs);
  }

  /** Undefined: it is not there. */
  async #ask(path: string, what: string, signal: AbortSignal): Promise<Response | undefined> {
    const { edgeUrl, token, fetch: ask = fetch } = this.#options;
    const url = new URL(`/artifacts/v1/${path}`, edgeUrl);
    const request = { headers: { authorization: `Bearer ${token}` }, redirect: 'error', signal } as const;
    const response = await ask(url, request).catch((error: unknown) => {
      throw unavailable(what, 'no answer', error);
    });
    if (response.ok) return response;
    await response.body?.cancel().catch(() => undefined);
    if (response.status === 404) return undefined;
    throw unavailable(what, `status ${response.status}`);
  }
}

async function textOf(response: Response, what: string, lengthMax: number): Promise<string> {
  const tooLong = (got: string): BrinkError => unavailable(what, `${got} instead of at most ${lengthMax}`);
  const declared = Number(response.headers.get('content-length') ?? 0);
  if (declared > 4 * lengthMax) {
    await response.body?.cancel().catch(() => undefined);
    throw tooLong(`${declared} bytes`);
  }
  const text = await response.text().catch((error: unknown) => {
    throw unavailable(what, 'an answer that broke off', error);
  });
  if (text.length <= lengthMax) return text;
  throw tooLong(`${text.length} characters`);
}

function unavailable(what: string, got: string, cause?: unknown): BrinkError {
  return new BrinkError('artifact-unavailable', `expected the edge to answer with a ${what}, got ${got}`, {
    cause,
    retryAfterMs,
  });
}
