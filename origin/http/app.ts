import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { handlers } from '../../models/registry.js';
import { type KeyRings, operationGuard } from '../../shared/http/authentication.js';
import { type AppEnv, DataPlane } from '../../shared/http/data-plane.js';
import type { DataTier } from '../../shared/http/data-tier.js';
import { corsFor } from '../../shared/http/cors.js';
import { type LogRow, onError, type RequestEnded, requestScope } from '../../shared/http/request-scope.js';
import { registerOperations, unknownRoute } from '../../shared/http/routing.js';
import type { Limits } from '../../shared/protocol/limits.js';
import { systemClock } from '../../shared/time/clock.js';
import { HttpMemory } from './http-memory.js';
import { bodyOfIncoming } from './incoming-body.js';

export interface OriginAppOptions {
  readonly tier: DataTier;
  readonly log: LogRow;
  /** The keys as they are now: asked for on every request. */
  readonly keysOf: () => KeyRings;
  /** The limits of requests to a model, or of those that name none. */
  readonly limitsOf: (model?: string) => Limits;
  readonly corsOrigins: readonly string[];
  /** For metrics and traces: called once for every request. */
  readonly onEnd?: (ended: RequestEnded) => void;
}

type OriginEnv = AppEnv<HttpBindings>;

/** The origin's HTTP: the same data plane as the edge's. */
export function originApp({ tier, log, keysOf, limitsOf, corsOrigins, onEnd }: OriginAppOptions): Hono<OriginEnv> {
  const app = new Hono<OriginEnv>();
  const memory = new HttpMemory();
  const dataPlane = new DataPlane<HttpBindings>({
    clock: systemClock,
    handlers,
    limitsOf: (_, model) => limitsOf(model),
    clientOf: (context) => getConnInfo(context).remote.address ?? '',
    signalOf: (context) => context.req.raw.signal,
    bodyOf: (context) => bodyOfIncoming(context.env.incoming, memory),
    answerMemoryOf: (context) => (bytes) => memory.answer(bytes, context.env.outgoing),
    tierOf: () => tier,
  });
  const ticks = (): number => performance.now();
  const scope = { tier: 'origin', clock: systemClock, ticks, random: () => Math.random(), log };
  app.use(requestScope(onEnd === undefined ? scope : { ...scope, onEnd }));
  app.use(corsFor(corsOrigins));
  app.onError(onError(log));
  app.notFound(unknownRoute);
  registerOperations(app, dataPlane.routes(), (operation) => operationGuard(operation, keysOf));
  return app;
}
