import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServingSetup } from './serving-setup.js';

/** How the origin is told to run every model as its rivals do: so many processes, so many threads, these providers. */
export async function originSettings(folder: string, setup: ServingSetup): Promise<Record<string, string>> {
  const { instances, threads, providers } = setup;
  const path = join(folder, 'models.toml');
  const settings = [
    '[defaults]',
    `instances = ${instances}`,
    `threads = ${threads}`,
    `providers = ${JSON.stringify(providers)}`,
    'ifProviderMissing = "fail"', // a GPU's figures are not to be a CPU's
  ];
  await writeFile(path, settings.join('\n'));
  const { LD_LIBRARY_PATH: libraryPath } = process.env;
  return {
    ORIGIN_SETTINGS: path,
    ORIGIN_CORES: String(instances * threads),
    ...(libraryPath === undefined ? {} : { ORIGIN_RUNNER_LIBRARY_PATH: libraryPath }),
  };
}
