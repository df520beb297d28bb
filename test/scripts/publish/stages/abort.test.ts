import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { prepareVersion } from '../../../../scripts/publish/prepare-version.js';
import type { PublishEvent } from '../../../../scripts/publish/publish-events.js';
import { doubleModel, externalDoubleModel } from '../../../harness/onnx.js';
import { descendants, inOwnTmpdir, PreparedFolders } from './prepare-folder.js';

const folders = new PreparedFolders();
afterEach(() => folders.remove());

const stageOf = (event: PublishEvent): string => {
  if (event.stage === 'measure') return `measure ${event.tier}`;
  return event.stage === 'prove' ? `prove ${event.runtime}` : event.stage;
};

describe.skipIf(process.platform !== 'linux')('publishing that is interrupted', () => {
  it.each(['read', 'inspect', 'optimise', 'record', 'prove native', 'prove workerd', 'measure edge', 'measure origin'])(
    'in the middle of its stage %j leaves no process and no file behind',
    async (stage) => {
      const folder = await folders.definition(doubleModel());
      const before = await descendants();
      const leaving = new AbortController();
      const work = async (): Promise<void> => {
        let began = false;
        // Once the stage has begun, whatever it starts: a process of its own is there, and works.
        const leave = async (): Promise<void> => {
          const there = await descendants();
          while (!leaving.signal.aborted && !(await hasOther(there))) await new Promise(setImmediate);
          leaving.abort();
        };
        let left: Promise<void> | undefined;
        const preparing = prepareVersion(folder, {
          signal: leaving.signal,
          onEvent: (event) => {
            if (began || stageOf(event) !== stage) return;
            began = true;
            if (stage === 'prove workerd')
              leaving.abort(); // that process is there already
            else left = leave();
          },
        });
        await expect(preparing).rejects.toMatchObject({ name: 'AbortError' });
        expect(began).toBe(true);
        await left;
      };
      await inOwnTmpdir(folder, work, nothingIsLeft);
      expect(await othersThan(before)).toEqual([]);
    },
  );

  it('releases what it kept on disk, however it ends', async () => {
    const { bytes, externalData } = externalDoubleModel('weights.bin');
    const definition = { name: 'm', graphs: { main: { from: 'a.onnx', externalData: { 'weights.bin': { from: 'w' } } } } }; // prettier-ignore
    const folder = await folders.of({
      'definition.json': JSON.stringify(definition),
      'a.onnx': bytes,
      w: externalData['weights.bin']!,
      'wrong/definition.json': JSON.stringify({ ...definition, graphs: { main: { from: 'b.onnx' } } }),
      'wrong/b.onnx': 'no graph',
    });
    const work = async (): Promise<void> => {
      const prepared = await prepareVersion(folder, { measure: false });
      await prepared.release();
      await prepared.release();
      await expect(prepareVersion(join(folder, 'wrong'))).rejects.toMatchObject({ code: 'refused-graph' });
    };
    await inOwnTmpdir(folder, work, nothingIsLeft);
  });
});

/** Miniflare removes its folder when it has ended, and does not wait for that. */
async function nothingIsLeft(left: () => Promise<string[]>): Promise<void> {
  await expect.poll(left, { timeout: 20_000, interval: 50 }).toEqual([]);
}

async function othersThan(before: ReadonlyMap<number, string>): Promise<string[]> {
  return [...(await descendants())].filter(([pid]) => !before.has(pid)).map(([, name]) => name);
}
const hasOther = async (there: ReadonlyMap<number, string>): Promise<boolean> => (await othersThan(there)).length > 0;
