import { setTimeout } from 'node:timers/promises';
import { doubleModel, echoModel } from '../../test/harness/onnx.js';
import { originKey, type Stack } from '../../test/harness/stack.js';

/** What the checks are told. */
export interface InteropSettings {
  readonly originUrl: string;
  readonly edgeUrl: string;
  /** `host:port`. */
  readonly grpcUrl: string;
  readonly key: string;
}

const loadMsMax = 60_000;
const askEveryMs = 100;

/** The models that the checks ask: one that hands back every datatype, one that doubles. Resolves when both can answer. */
export async function publishModels(stack: Stack): Promise<void> {
  await stack.releaseTest('echo', echoModel());
  await stack.releaseTest('double', doubleModel());
  const signal = AbortSignal.timeout(loadMsMax);
  for (const model of ['echo', 'double']) {
    for (const tier of ['origin', 'edge'] as const)
      await whenReady(`${urlOf(stack, tier)}/v2/models/${model}/ready`, signal);
  }
}

async function whenReady(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${originKey}` }, signal });
    await response.arrayBuffer();
    if (response.ok) return;
    await setTimeout(askEveryMs, undefined, { signal });
  }
}

export function settingsOf(stack: Stack, grpcUrl: string): InteropSettings {
  return { originUrl: urlOf(stack, 'origin'), edgeUrl: urlOf(stack, 'edge'), grpcUrl, key: originKey };
}

const urlOf = (stack: Stack, tier: 'edge' | 'origin'): string => stack.url(tier).replace(/\/$/, '');
