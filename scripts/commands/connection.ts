import { dirname, join } from 'node:path';
import { AdminClient } from '../client/admin-client.js';
import { type Credentials, readCredentials } from '../local/credentials.js';
import type { CommonFlags } from './common-options.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

const urlDefault = 'http://127.0.0.1:8787';

/** Which edge, and as whom: the options, else the environment, else what `npm start` left in `.brink/`. */
export function connect(flags: CommonFlags, terminal: Terminal): AdminClient {
  const { env, actor, signal } = terminal;
  const wished = flags.url ?? given(env['BRINK_URL']);
  if (wished !== undefined && !isHttpUrl(wished)) {
    throw new UsageError(`expected an http or https URL of an edge, got "${wished.slice(0, 64)}"`);
  }
  const token = flags.token ?? given(env['BRINK_TOKEN']);
  const local = token !== undefined && wished !== undefined ? undefined : localCredentials(terminal);
  const url = wished ?? local?.edgeUrl ?? urlDefault;
  // The local token is for the local edge: it is not sent to whatever --url names.
  const localToken = local !== undefined && sameEdge(url, local.edgeUrl) ? local.adminToken : undefined;
  return new AdminClient({ url, token: token ?? localToken, actor, signal, timeoutMs: flags.timeout });
}

const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function isHttpUrl(text: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

function sameEdge(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)];
  const host = ({ hostname }: URL): string => (hostname === 'localhost' ? '127.0.0.1' : hostname);
  return one.protocol === other.protocol && one.port === other.port && host(one) === host(other);
}

/** From BRINK_HOME, else from the `.brink` folder of the working folder or the nearest one above it. */
function localCredentials({ env, cwd }: Terminal): Credentials | undefined {
  const home = given(env['BRINK_HOME']);
  if (home !== undefined) return credentialsOf(home);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = credentialsOf(join(folder, '.brink'));
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

function credentialsOf(home: string): Credentials | undefined {
  try {
    return readCredentials(home);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
