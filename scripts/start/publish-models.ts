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

/**
 * Has every model of models/ published, served and warm. Resolves when the first one has answered, with what ends when
 * the others have too. A model that fails is told of and does not keep the others from their turn.
 */
export async function publishModels(
  client: AdminClient,
  projectRoot: string,
  around: Surroundings,
): Promise<{ readonly others: Promise<void> }> {
  const served = await servedModels(client);
  const [first, ...rest] = modelFolders(projectRoot);
  if (first !== undefined) await bring(client, first, served, around, true);
  // One after the other: they would only take the processor from the first callers.
  const others = rest.reduce(
    (before, next) => before.then(() => bring(client, next, served, around, false)),
    Promise.resolve(),
  );
  return { others };
}

async function bring(
  client: AdminClient,
  { model, folder }: ModelFolder,
  served: ReadonlySet<string>,
  around: Surroundings,
  watched: boolean,
): Promise<void> {
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
    if (sample === undefined) return;
    const answer = await firstAnswer(client, model, sample, (ms) => sleep(ms, undefined, { signal }));
    const line = predictLine(client.http.url, model, sample, cwd);
    say('ready', `${model} answers its sample: ${answer}\n${line}`, { model, curl: line.trim() });
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = reportOf(error);
    say('model-failed', `${model} could not be brought up: ${message}`, { model, code });
  } finally {
    progress.stop();
  }
}
