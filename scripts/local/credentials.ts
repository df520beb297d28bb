import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The secrets of a local Brink and where it was last to be found: made at the first `npm start`, read by the CLI. */
const credentialsSchema = z.strictObject({
  schema: z.literal(1),
  adminToken: z.string().min(32),
  artifactToken: z.string().min(32),
  originKey: z.string().min(32),
  edgeUrl: z.url(),
});
export type Credentials = z.infer<typeof credentialsSchema>;

export const credentialsFile = 'credentials.json';

/** 32 random bytes, base64url. */
export type MakeSecret = () => string;

/** The credentials of a state folder, or undefined when it has none. Throws, by name, when they cannot be used. */
export function readCredentials(home: string): Credentials | undefined {
  const file = join(home, credentialsFile);
  if (!existsSync(file)) return undefined;
  const parsed = credentialsSchema.safeParse(jsonOf(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is damaged: delete it, and the next start makes new secrets`);
}

/** The state folder's credentials, made when there are none, saying that the edge is at `edgeUrl` now. Mode 0600. */
export function ensureCredentials(home: string, edgeUrl: string, makeSecret: MakeSecret): Credentials {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const present = readCredentials(home);
  const credentials: Credentials =
    present === undefined
      ? { schema: 1, adminToken: makeSecret(), artifactToken: makeSecret(), originKey: makeSecret(), edgeUrl }
      : { ...present, edgeUrl };
  const file = join(home, credentialsFile);
  // Written whole beside it and then renamed: a reader sees the old secrets or the new ones, never half a file.
  const written = `${file}.${process.pid}`;
  writeFileSync(written, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  chmodSync(written, 0o600); // a file that was there before keeps its mode when written
  renameSync(written, file);
  return credentials;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
