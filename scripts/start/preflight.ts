import { stateFolder } from '../local/state-folder.js';
import { checkPorts, portWishes } from './ports.js';
import { systemProcesses } from './process-table.js';
import { refuseRunning } from './refuse-running.js';
import { readRun } from './run-file.js';
import { parseStartOptions, startHelp } from './start-options.js';
import { StartRefused } from './start-refused.js';

export interface Verdict {
  readonly exit: 0 | 1 | 2;
  readonly text: string;
}

/**
 * What `npm start` looks at before it builds, so that one that is refused does not rewrite dist/ under the one that
 * runs. Undefined: go on. The start itself looks again: something may have changed meanwhile.
 */
export async function preflight(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  projectRoot: string,
): Promise<Verdict | undefined> {
  try {
    const options = parseStartOptions(args, env);
    if (options.help) return { exit: 0, text: startHelp };
    const home = stateFolder(env, projectRoot);
    const run = readRun(home);
    if (run !== undefined) refuseRunning(home, run, systemProcesses.list());
    // What a killed start left behind may hold the ports: the start ends that first.
    else await checkPorts(portWishes(options));
    return undefined;
  } catch (error) {
    if (error instanceof StartRefused) return { exit: error.exit, text: error.message };
    throw error;
  }
}
