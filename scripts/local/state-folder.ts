import { join, resolve } from 'node:path';

/** Where `npm start` keeps state, secrets and logs: BRINK_HOME, else `.brink` in Brink's folder. */
export function stateFolder(env: Readonly<Record<string, string | undefined>>, projectRoot: string): string {
  const given = env['BRINK_HOME'];
  return given === undefined || given === '' ? join(projectRoot, '.brink') : resolve(given);
}
