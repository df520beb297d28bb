import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { handlers } from '../../models/registry.js';
import { inferenceAuthentication } from '../../shared/http/authentication.js';
import { type AppEnv, DataPlane } from '../../shared/http/data-plane.js';
import type { DataTier } from '../../shared/http/data-tier.js';
import { openApiDocument } from '../../shared/http/openapi.js';
import { corsFor } from '../../shared/http/cors.js';
import { type LogRow, onError, requestScope } from '../../shared/http/request-scope.js';
import { jsonResponse } from '../../shared/http/responses.js';
import { registerRoutes, unknownRoute } from '../../shared/http/routing.js';
import { systemClock } from '../../shared/time/clock.js';
import type { OriginConfig } from '../config.js';

/** The origin's HTTP: the same data plane as the edge's. */
export function originApp(config: OriginConfig, tier: DataTier, log: LogRow): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const dataPlane = new DataPlane({
    clock: systemClock,
    handlers,
    limitsOf: () => config.limits,
    clientOf: (context) => getConnInfo(context).remote.address ?? '',
    signalOf: (context) => context.req.raw.signal,
    tierOf: () => tier,
  });
  app.use(requestScope({ tier: 'origin', clock: systemClock, random: () => Math.random(), log }));
  app.use(corsFor(config.corsOrigins));
  app.onError(onError(log));
  app.notFound(unknownRoute);
  registerRoutes(app, dataPlane.healthRoutes());
  registerRoutes(app, [
    { method: 'GET', path: '/openapi.json', handler: () => jsonResponse(openApiDocument('origin')) },
  ]);
  for (const path of ['/v2', '/v2/models/*', '/v1/*'])
    app.use(
      path,
      inferenceAuthentication(() => config.keys),
    );
  registerRoutes(app, dataPlane.modelRoutes());
  return app;
}
