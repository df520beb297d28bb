import { Hono } from 'hono';
import { handlers } from '../../models/registry.js';
import { onError, requestScope } from '../../shared/http/request-scope.js';
import { operationGuard, operatorAuthentication } from '../../shared/http/authentication.js';
import { DataPlane } from '../../shared/http/data-plane.js';
import { registerOperations, registerRoutes, unknownRoute } from '../../shared/http/routing.js';
import { systemClock } from '../../shared/time/clock.js';
import type { Env } from '../bindings.js';
import { settingsOf } from '../settings.js';
import { artifactRoutes, blobAdminRoutes } from './admin/blob-routes.js';
import { joinRoutes } from './admin/join-route.js';
import { collectRoutes } from './admin/collect-routes.js';
import { isolateRoutes } from './admin/isolate-routes.js';
import { measurementAdminRoutes, measurementArtifactRoutes } from './admin/measurement-routes.js';
import { leaseRoutes, releaseRoutes } from './admin/release-routes.js';
import { signatureAdminRoutes, signatureArtifactRoutes } from './admin/signature-routes.js';
import { versionRoutes } from './admin/version-routes.js';
import { discardBody } from './discard-body.js';
import { EdgeTier } from './edge-tier.js';
import type { GatewayEnv } from './gateway-env.js';
import { hostOf } from './host-of.js';

const log = (row: Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(row));
const keysOf = (env: unknown) => settingsOf(env as Env).keys;

const dataPlane = new DataPlane<Env>({
  clock: systemClock,
  handlers,
  limitsOf: (context) => settingsOf(context.env).limits,
  clientOf: (context) => context.req.header('cf-connecting-ip') ?? '',
  // Cloudflare tells Workers what it accepts itself, and keeps what the client said in `cf`.
  acceptEncodingOf: ({ req }) => clientAcceptEncoding(req.raw.cf) ?? req.header('accept-encoding'),
  tierOf: (context) => new EdgeTier(context.env, hostOf(context)),
});

function clientAcceptEncoding(cf: CfProperties | undefined): string | undefined {
  const accepted = cf?.clientAcceptEncoding;
  return typeof accepted === 'string' ? accepted : undefined;
}

/** The Worker's front: the data plane for callers, the admin plane for operators, artifacts and leases for origins. */
function buildGateway(): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  app.use(requestScope({ tier: 'edge', clock: systemClock, random: () => Math.random(), log }));
  app.use(async (context, next) => {
    await next();
    await discardBody(context.req.raw);
  });
  app.use((context, next) => settingsOf(context.env).cors(context, next));
  app.onError(onError(log));
  app.notFound(unknownRoute);

  app.use('/admin/*', operatorAuthentication(keysOf));
  app.use('/artifacts/*', operatorAuthentication(keysOf, 'artifacts'));
  registerRoutes(app, [
    ...blobAdminRoutes,
    ...joinRoutes,
    ...collectRoutes,
    ...versionRoutes,
    ...releaseRoutes,
    ...artifactRoutes,
    ...leaseRoutes,
    ...measurementAdminRoutes,
    ...isolateRoutes,
    ...measurementArtifactRoutes,
    ...signatureAdminRoutes,
    ...signatureArtifactRoutes,
  ]);

  registerOperations(app, dataPlane.routes(), (operation) => operationGuard(operation, keysOf));
  return app;
}

const app: Hono<GatewayEnv> = buildGateway();
export const gateway: ExportedHandler<Env> = { fetch: (request, env, context) => app.fetch(request, env, context) };
