import { HttpClient, type WireReply, type WireRequest } from '../harness/http-client.js';
import { adminToken, Stack, type StackOptions } from '../harness/stack.js';
import { tokens } from './verdicts.js';

export type TierName = 'edge' | 'origin';
export const tiers = ['edge', 'origin'] as const;

/** Both tiers with the keys of the verdicts: the data plane is closed, as it is in production. */
export function conformanceStack(options: StackOptions = {}): Promise<Stack> {
  const keys = { INFERENCE_KEYS: `app=${tokens.inference ?? ''}`, READ_KEYS: `dashboard=${tokens.read ?? ''}` };
  return Stack.start({
    ...options,
    vars: { ...keys, ...options.vars },
    originEnv: {
      ...keys,
      INFERENCE_KEYS: `edge=test-origin-key-0123456789,${keys.INFERENCE_KEYS}`,
      ...options.originEnv,
    },
  });
}

export interface RestReply extends WireReply {
  json(): Record<string, unknown>;
}

/** A client of one tier, as an operator; at the edge the origin never answers in its place. */
export class RestClient {
  readonly #http: HttpClient;

  constructor(stack: Stack, tier: TierName) {
    const forced: Record<string, string> = tier === 'edge' ? { 'x-brink-serve-on': 'edge' } : {};
    this.#http = new HttpClient(stack.url(tier), { authorization: `Bearer ${adminToken}`, ...forced });
  }

  async send(request: WireRequest): Promise<RestReply> {
    const reply = await this.#http.send(request);
    return { ...reply, json: () => JSON.parse(reply.bytes.toString()) as Record<string, unknown> };
  }

  get(path: string): Promise<RestReply> {
    return this.send({ path });
  }

  close(): void {
    this.#http.close();
  }
}
