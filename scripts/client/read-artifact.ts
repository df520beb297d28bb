import { RemoteError, UnreachableError } from './remote-error.js';
import type { HttpClient } from './http-client.js';

/** A connection over which nothing comes for so long is broken. */
const silenceMsMax = 60_000;

/** A blob or manifest as it comes. Throws RemoteError (`unknown-blob` where there is none) or UnreachableError. */
export async function* readArtifact(
  http: Pick<HttpClient, 'url' | 'authorization'>,
  path: `blobs/${string}` | `manifests/${string}` | `signatures/${string}`,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMsMax);
  const either = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]);
  try {
    const response = await fetch(`${http.url}/artifacts/v1/${path}`, {
      headers: http.authorization,
      redirect: 'error', // a redirect would carry the token elsewhere
      signal: either,
    });
    if (!response.ok) throw await refusalOf(response);
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(() => silence.abort(), silenceMsMax);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RemoteError) throw error;
    throw new UnreachableError(`cannot read ${path} of ${http.url}: the connection broke`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function refusalOf(response: Response): Promise<RemoteError> {
  const { error, code } = (await response.json().catch(() => ({}))) as { error?: string; code?: string };
  const text = error ?? `the server answered ${response.status} without saying why`;
  return new RemoteError(response.status, code ?? 'unexpected-answer', text);
}
