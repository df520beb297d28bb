import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../client/admin-client.js';
import { PublishProgress } from '../commands/publish-progress.js';
import { reportOf } from '../commands/exit-codes.js';
import { predictLine } from './banner.js';
import { firstAnswer } from './first-answer.js';
import { firstPublish, servedModels } from './first-publish.js';
import { modelFolders, sampleOf } from './model-folders.js';
import type { Surroundings } from './surroundings.js';

interface ModelFolder {
  readonly model: string;
  readonly folder: string;
}

/** What `publishFirst` answers. */
export interface Published {
  /** Lines to paste that ask the first model. */
  readonly tryLines: readonly string[];
  /** Brings up the others; never rejects. */
  readonly publishOthers: () => Promise<void>;
}

/**
 * Has the first model of models/ published, served and warm; the others when they are asked for. A model that fails is
 * told of and does not keep the others from their turn.
 */
export async function publishFirst(client: AdminClient, projectRoot: string, around: Surroundings): Promise<Published> {
  const served = await servedModels(client);
  const [first, ...rest] = modelFolders(projectRoot);
  const tryLine = first === undefined ? undefined : await bring(client, first, served, around, true);
  return {
    tryLines: tryLine === undefined ? [] : [tryLine],
    async publishOthers() {
      // One after the other: they would only take the processor from the first callers.
      for (const next of rest) await bring(client, next, served, around, false);
    },
  };
}

/** Answers a line to paste; a model that is `watched` shows its progress and leaves saying that line to its caller. */
async function bring(
  client: AdminClient,
  { model, folder }: ModelFolder,
  served: ReadonlySet<string>,
  around: Surroundings,
  watched: boolean,
): Promise<string | undefined> {
  const { say, signal, cwd } = around;
  const progress = new PublishProgress({ stderr: watched ? around.draw : () => undefined, interactive: watched && around.interactive }); // prettier-ignore
  try {
    signal.throwIfAborted();
    if (!served.has(model)) {
      say('publishing', `publishing ${model} …`, { model });
      const version = await firstPublish({ client, folder, signal, onEvent: progress.onEvent });
      say('published', `${model} ${version} is published`, { model, version });
    }
    const sample = sampleOf(folder);
    if (sample === undefined) return undefined;
    const answer = await firstAnswer(client, model, sample, (ms) => sleep(ms, undefined, { signal }));
    const line = predictLine(client.http.url, model, sample, cwd);
    say('ready', `${model} answers its sample: ${answer}${watched ? '' : `\n${line}`}`, { model, curl: line.trim() });
    return line;
  } catch (error) {
    if (signal.aborted) return undefined;
    const { code, message } = reportOf(error);
    say('model-failed', `${model} could not be brought up: ${message}`, { model, code });
    return undefined;
  } finally {
    progress.stop();
  }
}
