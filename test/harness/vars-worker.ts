import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../edge/bindings.js';

export class ControlPlane extends DurableObject {}

/** Answers its own vars, and puts and finds objects in R2. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const key = searchParams.get('key') ?? '';
    if (pathname === '/put') return Response.json((await env.BLOBS.put(key, 'here')) !== null);
    if (pathname === '/has') return Response.json((await env.BLOBS.head(key)) !== null);
    return Response.json(Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value === 'string')));
  },
};
