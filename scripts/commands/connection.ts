import { dirname, join } from 'node:path';
import { AdminClient } from '../client/admin-client.js';
import { credentialsFile, type Credentials, readCredentials } from '../local/credentials.js';
import type { CommonFlags } from './common-options.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

const urlDefault = 'http://127.0.0.1:8787';

export interface Connection {
  readonly client: AdminClient;
  /** The token, in words for when the server refuses it. */
  readonly token: TokenSource;
}

export type TokenSource =
  | { readonly found: true; readonly where: string }
  /** `where`: where one was looked for. */
  | { readonly found: false; readonly where: string };

/** Which edge, and as whom: the options, else the environment, else what `npm start` left in `.brink/`. */
export function connect(flags: CommonFlags, terminal: Terminal): Connection {
  const { env, actor, signal } = terminal;
  const wished = flags.url ?? given(env['BRINK_URL']);
  if (wished !== undefined && !isHttpUrl(wished)) {
    throw new UsageError(`expected an http or https URL of an edge, got "${wished.slice(0, 64)}"`);
  }
  const givenToken = flags.token ?? given(env['BRINK_TOKEN']);
  const local = givenToken !== undefined && wished !== undefined ? undefined : localState(terminal);
  const url = wished ?? local?.credentials.edgeUrl ?? urlDefault;
  // The local token is for the local edge: it is not sent to whatever --url names.
  const localToken =
    local !== undefined && sameEdge(url, local.credentials.edgeUrl) ? local.credentials.adminToken : undefined;
  const token = givenToken ?? localToken;
  const client = new AdminClient({ url, token, actor, signal, timeoutMs: flags.timeout });
  if (givenToken !== undefined) {
    return { client, token: { found: true, where: flags.token === undefined ? 'BRINK_TOKEN' : '--token' } };
  }
  if (localToken !== undefined) return { client, token: { found: true, where: local?.file ?? '' } };
  return { client, token: { found: false, where: lookedIn(local, terminal) } };
}

function lookedIn(local: LocalState | undefined, { env, cwd }: Terminal): string {
  const none = 'there is no --token and no BRINK_TOKEN';
  if (local !== undefined) return `${none}, and the token in ${local.file} is for ${local.credentials.edgeUrl} only`;
  const home = given(env['BRINK_HOME']);
  if (home !== undefined) return `${none}, and no ${credentialsFile} in BRINK_HOME (${home})`;
  return `${none}, and no ${join('.brink', credentialsFile)} in ${cwd} or a folder above it`;
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

interface LocalState {
  readonly file: string;
  readonly credentials: Credentials;
}

/** From BRINK_HOME, else from the `.brink` folder of the working folder or the nearest one above it. */
export function localState({ env, cwd }: Terminal): LocalState | undefined {
  const home = given(env['BRINK_HOME']);
  if (home !== undefined) return stateIn(home);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = stateIn(join(folder, '.brink'));
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

function stateIn(home: string): LocalState | undefined {
  try {
    const credentials = readCredentials(home);
    return credentials === undefined ? undefined : { file: join(home, credentialsFile), credentials };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
