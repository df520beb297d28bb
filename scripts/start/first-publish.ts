import type { Release } from '../../shared/release/release.js';
import type { AdminClient } from '../client/admin-client.js';
import { prepareVersion } from '../publish/prepare-version.js';
import { publish } from '../publish/publish.js';
import type { PublishObserver } from '../publish/publish-events.js';

export interface FirstPublishOptions {
  readonly client: AdminClient;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onEvent?: PublishObserver;
}

const why = 'first start';

/** The models that serve something already: a start never touches those, whatever their folder holds by now. */
export async function servedModels(client: AdminClient): Promise<ReadonlyMap<string, Release>> {
  const models = await client.models();
  return new Map(models.filter(({ stable }) => stable !== null).map((release) => [release.model, release]));
}

/** Publishes a model and has it served, if nothing of it is. Again after a start that was killed in between: goes on. */
export async function firstPublish({ client, folder, signal, onEvent }: FirstPublishOptions): Promise<string> {
  const prepared = await prepareVersion(folder, { signal, onEvent });
  const { model, version, stable } = await publish(client, prepared, { why, onEvent });
  if (stable === null) await client.promote(model, version, { why });
  return stable ?? version;
}
