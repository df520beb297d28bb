import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Release } from '../../shared/release/release.js';
import type { AdminClient } from '../client/admin-client.js';
import { PublishProgress } from '../commands/publish-progress.js';
import { reportOf } from '../commands/exit-codes.js';
import { changedFolder } from './changed-folder.js';
import { firstAnswer } from './first-answer.js';
import { firstPublish, servedModels } from './first-publish.js';
import { type ModelFolder, modelFolders, sampleOf } from './model-folders.js';
import { type PasteFacts, predictLine } from './paste-lines.js';
import type { Surroundings } from './surroundings.js';

/** What `publishFirst` answers. */
export interface Published {
  /** Lines to paste that ask the first model. */
  readonly tryLines: readonly string[];
  /** Brings up the others, then tells which folders have changed since they were published; never rejects. */
  readonly publishOthers: () => Promise<void>;
}

/**
 * Has the first model of models/ published, served and warm; the others when they are asked for. A model that fails is
 * told of and does not keep the others from their turn.
 */
export async function publishFirst(client: AdminClient, paste: PasteFacts, around: Surroundings): Promise<Published> {
  const served = await servedModels(client);
  const folders = modelFolders(paste.projectRoot);
  const [first, ...rest] = folders;
  const bring = (next: ModelFolder, watched: boolean) =>
    bringUp({ client, paste, around, ...next, isServed: served.has(next.model), watched });
  const tryLine = first === undefined ? undefined : await bring(first, true);
  return {
    tryLines: tryLine === undefined ? [] : [tryLine],
    async publishOthers() {
      // One after the other: they would only take the processor from the first callers.
      for (const next of rest) await bring(next, false);
      for (const { model, folder } of folders) {
        const release = served.get(model);
        if (release !== undefined) await tellChange(folder, release, paste, around);
      }
    },
  };
}

interface BringUp extends ModelFolder {
  readonly client: AdminClient;
  readonly paste: PasteFacts;
  readonly around: Surroundings;
  readonly isServed: boolean;
  /** Shows its progress, and leaves saying the line to paste to the caller. */
  readonly watched: boolean;
}

/** Answers a line to paste. */
async function bringUp(options: BringUp): Promise<string | undefined> {
  const { client, paste, around, model, folder, isServed, watched } = options;
  const { say, signal } = around;
  const progress = new PublishProgress({ stderr: watched ? around.draw : () => undefined, interactive: watched && around.interactive }); // prettier-ignore
  try {
    signal.throwIfAborted();
    if (!isServed) {
      say('publishing', `publishing ${model} …`, { model });
      const version = await firstPublish({ client, folder, signal, onEvent: progress.onEvent });
      progress.finish();
      say('published', `${model} ${version} is published and served`, { model, version });
    }
    const sample = sampleOf(folder);
    if (sample === undefined) return undefined;
    const answer = await firstAnswer(client, model, sample, (ms) => sleep(ms, undefined, { signal }));
    const line = predictLine(paste, model, sample);
    say('ready', `${model} answers its sample: ${answer}${watched ? '' : `\n  ${line}`}`, { model, curl: line });
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

async function tellChange(
  folder: string,
  release: Release,
  paste: PasteFacts,
  { say, signal }: Surroundings,
): Promise<void> {
  const { model } = release;
  try {
    const change = await changedFolder(folder, release, paste, signal);
    if (change !== undefined) say('model-changed', change, { model });
  } catch (error) {
    if (signal.aborted) return;
    const { code, message } = reportOf(error);
    const path = relative(paste.cwd, folder);
    say('model-changed', `${path} could not be published as it is now: ${message}`, { model, code });
  }
}
