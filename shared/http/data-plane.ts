import { openApiDocument } from './openapi.js';
import { headers } from '../protocol/headers.js';
import type { Call } from '../serve/call.js';
import { modelConfigOf } from '../serve/model-config.js';
import { modelMetadataOf, serverMetadataOf } from '../serve/metadata.js';
import type { AppContext, AppEnv } from './app-env.js';
import { bodyOfRequest } from './body-source.js';
import type { DataPlaneOptions } from './data-plane-options.js';
import type { Described } from './data-tier.js';
import { deadlineOf, modelNames, readCall } from './read-call.js';
import { answerResponse, jsonResponse } from './responses.js';
import type { OperationRoute } from './routing.js';
import { servingRoutes } from './serving-routes.js';

export type { AppEnv } from './app-env.js';
export type { DataPlaneOptions } from './data-plane-options.js';

type Routes<Bindings extends object> = OperationRoute<AppEnv<Bindings>>[];
type Ctx<Bindings extends object> = AppContext<Bindings>;

/** Open Inference Protocol V2 over REST and `predict`: the same routes on the edge and the origin. */
export class DataPlane<Bindings extends object = object> {
  readonly #options: DataPlaneOptions<Bindings>;

  constructor(options: DataPlaneOptions<Bindings>) {
    this.#options = options;
  }

  /** Every route, each with the operation that says who may. */
  routes(): Routes<Bindings> {
    return [
      ...this.#serverRoutes(),
      // Before those of models: `/v2/models/stats` means statistics, whatever a model is called.
      ...servingRoutes(this.#options),
      ...['/v2/models/:model', '/v2/models/:model/versions/:version'].flatMap((at) => this.#modelRoutes(at)),
      ...['/v1/models/:model', '/v1/models/:model/versions/:version'].map((at) => this.#predictRoute(at)),
    ];
  }

  #serverRoutes(): Routes<Bindings> {
    const { handlers, tierOf } = this.#options;
    return [
      {
        method: 'GET',
        path: '/v2/health/live',
        operation: 'server-live',
        handler: () => jsonResponse({ live: true }),
      },
      {
        method: 'GET',
        path: '/v2/health/ready',
        operation: 'server-ready',
        handler: (c: Ctx<Bindings>) => this.#serverReady(c),
      },
      {
        method: 'GET',
        path: '/openapi.json',
        operation: 'openapi',
        handler: (c: Ctx<Bindings>) => jsonResponse(openApiDocument(tierOf(c).name)),
      },
      {
        method: 'GET',
        path: '/v2',
        operation: 'server-metadata',
        handler: (c: Ctx<Bindings>) => jsonResponse(serverMetadataOf(tierOf(c))),
      },
      {
        method: 'GET',
        path: '/v1/handlers',
        operation: 'handlers',
        handler: () => jsonResponse({ handlers: [...handlers.keys()] }),
      },
    ];
  }

  #modelRoutes(at: string): Routes<Bindings> {
    return [
      { method: 'GET', path: at, operation: 'model-metadata', handler: (c: Ctx<Bindings>) => this.#modelMetadata(c) },
      {
        method: 'GET',
        path: `${at}/ready`,
        operation: 'model-ready',
        handler: (c: Ctx<Bindings>) => this.#modelReady(c),
      },
      {
        method: 'GET',
        path: `${at}/config`,
        operation: 'model-config',
        handler: (c: Ctx<Bindings>) => this.#modelConfig(c),
      },
      {
        method: 'POST',
        path: `${at}/infer`,
        operation: 'infer',
        handler: (c: Ctx<Bindings>) => this.#answer(c, 'infer'),
      },
    ];
  }

  #predictRoute(at: string): OperationRoute<AppEnv<Bindings>> {
    const handler = (c: Ctx<Bindings>) => this.#answer(c, 'predict');
    return { method: 'POST', path: `${at}/predict`, operation: 'predict', handler };
  }

  async #serverReady(context: Ctx<Bindings>): Promise<Response> {
    const ready = await this.#options.tierOf(context).ready();
    return jsonResponse({ ready }, ready ? 200 : 503, ready ? {} : { 'retry-after': '1' });
  }

  async #modelMetadata(context: Ctx<Bindings>): Promise<Response> {
    const described = await this.#describe(context);
    return jsonResponse(modelMetadataOf(described), 200, describedHeaders(described));
  }

  async #modelReady(context: Ctx<Bindings>): Promise<Response> {
    const described = await this.#describe(context);
    const ready = await this.#options.tierOf(context).modelReady(described);
    const body = { name: described.target.manifest.model, ready };
    const extra = describedHeaders(described);
    return ready ? jsonResponse(body, 200, extra) : jsonResponse(body, 503, { ...extra, 'retry-after': '1' });
  }

  async #modelConfig(context: Ctx<Bindings>): Promise<Response> {
    const described = await this.#describe(context);
    const config = modelConfigOf(described, this.#options.tierOf(context).serving);
    return jsonResponse(config, 200, describedHeaders(described));
  }

  async #describe(context: Ctx<Bindings>): Promise<Described> {
    const { model, version } = modelNames(context);
    return this.#options.tierOf(context).describe(model, version, deadlineOf(context, this.#options));
  }

  async #answer(context: Ctx<Bindings>, kind: Call['kind']): Promise<Response> {
    const source = this.#options.bodyOf?.(context) ?? bodyOfRequest(context.req.raw);
    const report = context.get('report');
    let isAnswered = false;
    try {
      const call = await readCall(context, kind, this.#options, source);
      const answer = await this.#options.tierOf(context).answer(call, report);
      isAnswered = true;
      return answerResponse(call.model, answer, this.#options.clock.now() - context.get('startedAt'));
    } finally {
      source.release?.(isAnswered && report.plans === 1); // else a run that nobody waits for may still read it
    }
  }
}

/** Which version an answer is about that no version was run for. */
function describedHeaders({ target, release }: Described): Record<string, string> {
  return {
    [headers.model]: target.manifest.model,
    [headers.version]: target.version,
    [headers.digest]: target.digest,
    [headers.epoch]: String(release.epoch),
  };
}
