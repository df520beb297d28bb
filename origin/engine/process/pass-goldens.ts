import { readFile } from 'node:fs/promises';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { decodeGolden } from '../../../shared/golden/encode-golden.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { runGolden } from '../../../shared/golden/run-golden.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import { joinInputs } from '../batch/join.js';
import type { Runner } from '../runner.js';

/** Goldens by graph, from the files that they lie in. Throws `artifact-corrupt`, `artifact-unavailable`. */
export async function readGoldens(paths: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, Golden>> {
  const goldens = new Map<string, Golden>();
  for (const [graph, path] of Object.entries(paths)) goldens.set(graph, decodeGolden(await read(path)));
  return goldens;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BrinkError('artifact-unavailable', 'a golden could not be read', { cause: error, retryAfterMs: 1_000 });
  }
}

/** Has a fresh runner answer them, before anybody else asks it. Throws `golden-failed`, and what `Runner.run` throws. */
export async function passGoldens(
  runner: Pick<Runner, 'run'>,
  { graphs }: Pick<Manifest, 'graphs'>,
  goldens: ReadonlyMap<string, Golden>,
): Promise<void> {
  for (const [graph, golden] of goldens) {
    let giveBack: (() => void) | undefined;
    try {
      await runGolden(golden, graphs[graph]?.tolerances, async (inputs) => {
        const result = await runner.run(graph, joinInputs([inputs]));
        giveBack = result.giveBack;
        return result.outputs;
      });
    } finally {
      giveBack?.();
    }
  }
}
