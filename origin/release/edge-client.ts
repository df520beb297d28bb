import { z } from 'zod';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { type LeaseGrant, leaseGrantSchema } from '../../shared/release/release.js';

const modelsSchema = z.object({ models: z.array(nameSchema).max(10_000) });

/** The edge's artifact plane, as the origin asks it. Every call is bounded by its signal. */
export class EdgeClient {
  readonly #url: URL;
  readonly #token: string;

  constructor(url: URL, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async models(signal: AbortSignal): Promise<string[]> {
    return modelsSchema.parse(await (await this.get('artifacts/v1/models', signal)).json()).models;
  }

  async lease(model: string, signal: AbortSignal): Promise<LeaseGrant> {
    return leaseGrantSchema.parse(await (await this.get(`artifacts/v1/models/${model}/lease`, signal)).json());
  }

  /** The response of a 200; `unknown-model` of a 404, `control-unreachable` of everything else. */
  async get(path: string, signal: AbortSignal): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token}` };
    let response: Response;
    try {
      response = await fetch(new URL(path, this.#url), { headers, signal });
    } catch (error) {
      throw new BrinkError('control-unreachable', 'the edge could not be reached', { cause: error });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) throw new BrinkError('unknown-model', 'the edge does not know what was asked for');
    throw new BrinkError('control-unreachable', `the edge answered status ${response.status}`);
  }
}
