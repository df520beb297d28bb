import { join, relative } from 'node:path';
import type { Sample } from './model-folders.js';

/** What lines to paste depend on. */
export interface PasteFacts {
  readonly edgeUrl: string;
  /** Where they are pasted. */
  readonly cwd: string;
  readonly home: string;
  readonly projectRoot: string;
  /** The data plane asks for a key. */
  readonly withKey: boolean;
}

/** A line that sends the model its sample. The key is the operator's to fill in: no secret is printed. */
export function predictLine(
  { edgeUrl, cwd, withKey }: PasteFacts,
  model: string,
  { file, contentType }: Sample,
): string {
  const key = withKey ? `-H "authorization: Bearer $${keyVariable}" ` : '';
  const path = quoted(relative(cwd, file));
  return `curl ${key}-H 'content-type: ${contentType}' --data-binary @${path} ${edgeUrl}/v1/models/${model}/predict`;
}

/** Where the lines take the key from. */
export const keyVariable = 'BRINK_KEY';

/** A line for the CLI, which finds this start by itself only where the state is in its usual place. */
export function brinkLine({ home, projectRoot }: PasteFacts, args: string): string {
  const prefix = home === join(projectRoot, '.brink') ? '' : `BRINK_HOME=${quoted(home)} `;
  return `${prefix}npx brink ${args}`;
}

/** For a POSIX shell. */
export const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
