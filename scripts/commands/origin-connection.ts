import type { CommonFlags } from './common-options.js';
import { localState } from './connection.js';
import type { Terminal } from './terminal.js';

/**
 * The flags of a command that may go straight to an origin: its URL in place of the edge's. The local origin's key is
 * used for an origin on this machine, as the local admin token is for the local edge.
 */
export function flagsForOrigin<T extends CommonFlags & { readonly originUrl?: string }>(
  flags: T,
  terminal: Terminal,
): T {
  const { originUrl } = flags;
  if (originUrl === undefined) return flags;
  const given = flags.token ?? terminal.env['BRINK_TOKEN'];
  if ((given !== undefined && given !== '') || !isLoopback(originUrl)) return { ...flags, url: originUrl };
  const key = localState(terminal)?.credentials.originKey;
  return { ...flags, url: originUrl, ...(key === undefined ? {} : { token: key }) };
}

function isLoopback(url: string): boolean {
  try {
    return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
  } catch {
    return false; // the connection refuses it by name
  }
}
