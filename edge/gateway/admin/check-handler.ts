import { z } from 'zod';
import { handlers } from '../../../models/registry.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { handlerKey } from '../../../shared/handler/handler.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import type { Env } from '../../bindings.js';
import { settingsOf } from '../../settings.js';
import { originUrl } from '../origin-watch.js';

const originHandlersSchema = z.object({ handlers: z.array(z.string()) });
const askMsMax = 2_000;

/**
 * Refuses to serve a version whose handler a tier that it is placed on does not bundle: `handler-not-deployed`. Deploy
 * the tiers first, then promote. Fails open for an origin that cannot be asked: it may be down for another reason, and
 * promoting is what mends things.
 */
export async function checkHandlerDeployed(env: Env, { handler, placement, model }: Manifest): Promise<void> {
  if (handler === null) return;
  const key = handlerKey(handler);
  for (const tier of placement.tiers) {
    const deployed = tier === 'edge' ? [...handlers.keys()] : await originHandlers(env);
    if (deployed === undefined || deployed.includes(key)) continue;
    throw new BrinkError(
      'handler-not-deployed',
      `expected the ${tier} to have the handler ${key} of model '${model}', it has ${deployed.join(', ') || 'none'}: deploy it there first`,
    );
  }
}

async function originHandlers(env: Env): Promise<readonly string[] | undefined> {
  const { originUrl: base, originKey } = settingsOf(env);
  if (base === undefined) return undefined;
  try {
    const headers = originKey === undefined ? {} : { authorization: `Bearer ${originKey}` };
    const url = originUrl(base, 'v1/handlers');
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(askMsMax) });
    return response.ok ? originHandlersSchema.parse(await response.json()).handlers : undefined;
  } catch {
    return undefined;
  }
}
