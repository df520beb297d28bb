import { RemoteError } from '../client/remote-error.js';
import type { TokenSource } from './connection.js';

/** What the server says of a token says nothing of where it came from: that is told here. */
export function explainRefusal(error: unknown, { found, where }: TokenSource): unknown {
  if (!(error instanceof RemoteError)) return error;
  const { status, code, message } = error;
  const told = (text: string): RemoteError => new RemoteError(status, code, text, { cause: error });
  if (code === 'unauthenticated') {
    return told(found ? `the server refuses this token (of ${where})` : `no token was found: ${where}`);
  }
  if (code === 'operators-only' && !found) return told(`${message}; no token was found: ${where}`);
  return error;
}
