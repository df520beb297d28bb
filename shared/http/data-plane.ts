import type { Context } from 'hono';
import { BrinkError } from '../errors/brink-error.js';
import type { HandlerRegistry } from '../handler/handler.js';
import { headers } from '../protocol/headers.js';
import type { Limits } from '../protocol/limits.js';
import { checkName } from '../protocol/names.js';
import type { Call } from '../serve/call.js';
import { signatureOf } from '../serve/run-call.js';
import type { Clock } from '../time/clock.js';
import { Deadline } from '../time/deadline.js';
import { forcedTier, mediaType, pinnedRef, priority, refusesFallback, seenEpoch, timeoutMs } from './call-headers.js';
import type { DataTier, Described } from './data-tier.js';
import { readBody } from './read-body.js';
import type { RequestVariables } from './request-scope.js';
import { answerResponse, jsonResponse } from './responses.js';
import type { Route } from './routing.js';

// Hono's environment of an app: its bindings differ between edge and origin, its variables do not.
export interface AppEnv<Bindings extends object = object> {
  Bindings: Bindings;
  Variables: RequestVariables;
}

type Ctx<Bindings extends object> = Context<AppEnv<Bindings>>;

export interface DataPlaneOptions<Bindings extends object> {
  readonly tierOf: (context: Context<AppEnv<Bindings>>) => DataTier;
  readonly limitsOf: (context: Context<AppEnv<Bindings>>) => Limits;
  /** The caller's address, for the routing key of those who send none. */
  readonly clientOf: (context: Context<AppEnv<Bindings>>) => string;
  /**
   * Aborts when the caller has gone. Only where that can be seen and used: a Worker is not told, and what it passes
   * between isolates takes no signal.
   */
  readonly signalOf?: (context: Context<AppEnv<Bindings>>) => AbortSignal;
  readonly clock: Clock;
  /** What this tier bundles; a version whose handler a tier lacks cannot be promoted there. */
  readonly handlers: HandlerRegistry;
}

export const serverVersion = '0.1.0';
/** The extension names of the protocol that work here. */
export const extensions = ['binary_tensor_data', 'parameters'];
/** The deadline of what names none, until the version's own is known. */
const deadlineMsDefault = 120_000;

/** Open Inference Protocol V2 over REST and `predict`: the same routes on the edge and the origin. */
export class DataPlane<Bindings extends object = object> {
  readonly #options: DataPlaneOptions<Bindings>;

  constructor(options: DataPlaneOptions<Bindings>) {
    this.#options = options;
  }

  /** Open to everybody, key or no key. */
  healthRoutes(): Route<AppEnv<Bindings>>[] {
    return [
      { method: 'GET', path: '/v2/health/live', handler: () => jsonResponse({ live: true }) },
      { method: 'GET', path: '/v2/health/ready', handler: (c: Ctx<Bindings>) => this.#serverReady(c) },
    ];
  }

  modelRoutes(): Route<AppEnv<Bindings>>[] {
    const routes: Route<AppEnv<Bindings>>[] = [
      { method: 'GET', path: '/v2', handler: () => this.#serverMetadata() },
      { method: 'GET', path: '/v1/handlers', handler: () => this.#handlers() },
    ];
    for (const model of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
      routes.push(
        { method: 'GET', path: model, handler: (c: Ctx<Bindings>) => this.#modelMetadata(c) },
        { method: 'GET', path: `${model}/ready`, handler: (c: Ctx<Bindings>) => this.#modelReady(c) },
        { method: 'POST', path: `${model}/infer`, handler: (c: Ctx<Bindings>) => this.#answer(c, 'infer') },
      );
    }
    for (const model of ['/v1/models/:model', '/v1/models/:model/versions/:version']) {
      routes.push({
        method: 'POST',
        path: `${model}/predict`,
        handler: (c: Ctx<Bindings>) => this.#answer(c, 'predict'),
      });
    }
    return routes;
  }

  #serverMetadata(): Response {
    return jsonResponse({ name: 'brink', version: serverVersion, extensions });
  }

  #handlers(): Response {
    return jsonResponse({ handlers: [...this.#options.handlers.keys()] });
  }

  async #serverReady(context: Ctx<Bindings>): Promise<Response> {
    const ready = await this.#options.tierOf(context).ready();
    return jsonResponse({ ready }, ready ? 200 : 503, ready ? {} : { 'retry-after': '1' });
  }

  async #modelMetadata(context: Ctx<Bindings>): Promise<Response> {
    const { target, release } = await this.#describe(context);
    const signature = target.manifest.inferGraph === null ? { inputs: [], outputs: [] } : signatureOf(target);
    const body = {
      name: target.manifest.model,
      versions: release.versions.filter((v) => !release.fenced.includes(v.digest)).map((v) => v.version),
      platform: 'onnx_onnxv1',
      ...signature,
    };
    return jsonResponse(body, 200, describedHeaders({ target, release }));
  }

  async #modelReady(context: Ctx<Bindings>): Promise<Response> {
    const tier = this.#options.tierOf(context);
    const described = await this.#describe(context);
    const ready = await tier.modelReady(described);
    const body = { name: described.target.manifest.model, ready };
    const extra = describedHeaders(described);
    return ready ? jsonResponse(body, 200, extra) : jsonResponse(body, 503, { ...extra, 'retry-after': '1' });
  }

  async #describe(context: Ctx<Bindings>): Promise<Described> {
    const { model, version } = names(context);
    const deadline = this.#deadline(context, this.#options.limitsOf(context));
    return this.#options.tierOf(context).describe(model, version, deadline);
  }

  async #answer(context: Ctx<Bindings>, kind: Call['kind']): Promise<Response> {
    const call = await this.#call(context, kind);
    const answer = await this.#options.tierOf(context).answer(call, context.var.report);
    return answerResponse(call.model, answer, this.#options.clock.now() - context.var.startedAt);
  }

  async #call(context: Ctx<Bindings>, kind: Call['kind']): Promise<Call> {
    const limits = this.#options.limitsOf(context);
    const header = (name: string) => context.req.header(name);
    const { model, version } = names(context);
    const pin = pinnedRef(header);
    if (pin !== undefined && version !== undefined && pin.version !== version) {
      throw new BrinkError('pin-mismatch', `expected the pinned version to be the one in the path, '${version}'`);
    }
    const forced = forcedTier(header);
    const deadline = this.#deadline(context, limits);
    const bytes = await readBody(context.req.raw, limits, deadline);
    context.set('bytesIn', bytes.byteLength);
    const signal = this.#options.signalOf?.(context);
    return {
      kind,
      model,
      version: pin?.version ?? version,
      body: {
        contentType: mediaType(header('content-type')),
        inferenceHeaderLength: header(headers.inferenceHeaderLength),
        bytes,
      },
      // A copy with a prototype: RPC between isolates refuses objects without one.
      parameters: kind === 'predict' ? { ...context.req.query() } : {},
      accept: header('accept'),
      deadline,
      deadlineGiven: header(headers.timeoutMs) !== undefined,
      requestId: context.var.trace.requestId,
      traceparent: context.var.trace.traceparent,
      key: header(headers.key) ?? this.#options.clientOf(context),
      forcedTier: forced,
      noFallback: refusesFallback(header),
      priority: priority(header),
      ...(signal === undefined ? {} : { signal }),
      pin,
      seenEpoch: seenEpoch(header),
    };
  }

  #deadline(context: Ctx<Bindings>, limits: Limits): Deadline {
    const budgetMs = timeoutMs((name) => context.req.header(name), limits) ?? deadlineMsDefault;
    return new Deadline(this.#options.clock, budgetMs, context.var.startedAt);
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

function names(context: Pick<Context, 'req'>): { model: string; version: string | undefined } {
  const { model = '', version } = context.req.param() as { model?: string; version?: string };
  return {
    model: checkName('model', model),
    version: version === undefined ? undefined : checkName('version', version),
  };
}
