import { BrinkError } from '../errors/brink-error.js';
import type { DataTier, ServingExtensions } from '../http/data-tier.js';
import type { IndexEntry } from '../protocol/serving-messages.js';
import { described, quoted } from '../protocol/quote-text.js';

/** What a tier can say and do beside answering; `not-supported` for one that keeps no models. */
export function servingOf({ name, serving }: Pick<DataTier, 'name' | 'serving'>): ServingExtensions {
  if (serving !== undefined) return serving;
  throw new BrinkError(
    'not-supported',
    `expected a tier that keeps models and counts runs, got the ${name}: ask an origin`,
  );
}

/** The models and versions that there are, or of those the ones that are ready. */
export async function repositoryIndex(serving: ServingExtensions, readyOnly: boolean): Promise<readonly IndexEntry[]> {
  const entries = await serving.index();
  return readyOnly ? entries.filter(({ state }) => state === 'READY') : entries;
}

/**
 * Refuses parameters of a load or an unload that would have to change what is done. `unload_dependents`, which the
 * official clients always send, changes nothing: no model here is made of others.
 */
export function checkRepositoryParameters(
  action: 'load' | 'unload',
  parameters: Readonly<Record<string, unknown>> = {},
): void {
  for (const [key, value] of Object.entries(parameters)) {
    if (action === 'unload' && key === 'unload_dependents') {
      if (typeof value === 'boolean') continue;
      throw new BrinkError(
        'bad-parameter',
        `expected the parameter 'unload_dependents' to be a boolean, got ${described(value)}`,
      );
    }
    if (action === 'load' && (key === 'config' || key.startsWith('file:'))) {
      throw new BrinkError(
        'not-supported',
        `expected a load of what is released, without the parameter ${quoted(key)}: publish another version instead`,
      );
    }
    throw new BrinkError('bad-parameter', `expected no parameter ${quoted(key)} of a repository ${action}`);
  }
}
