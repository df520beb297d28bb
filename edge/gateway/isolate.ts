import { waitUntil } from 'cloudflare:workers';
import { Leases } from '../../shared/release/leases.js';
import { Breakers } from '../../shared/resilience/breakers.js';
import { Estimates } from '../../shared/plan/estimates.js';
import { systemClock } from '../../shared/time/clock.js';
import type { Env } from '../bindings.js';
import { MeasuredFigures } from './measured-figures.js';
import { edgeLeaseSources } from './lease-sources.js';
import { ResidencyBeliefs } from './residency-beliefs.js';

/** What the gateway of one isolate remembers between requests. Nothing here is needed for correctness but the leases. */
export interface Isolate {
  readonly leases: Leases;
  /** By digest: a version that fails at the origin does not take the origin from the others. */
  readonly originBreakers: Breakers;
  readonly residency: ResidencyBeliefs;
  readonly estimates: Estimates;
  /** What is expected of a version that this isolate has not yet seen run. */
  readonly measured: MeasuredFigures;
  /** Requests that run or wait at the edge. */
  edgeInFlight: number;
}

const byEnv = new WeakMap<Env, Isolate>();

/** Keeps background work alive after the response; its failure is nobody's. */
export function inBackground(work: Promise<unknown>): void {
  waitUntil(work.catch(() => undefined));
}

export function isolateOf(env: Env): Isolate {
  let isolate = byEnv.get(env);
  if (isolate === undefined) {
    const random = (): number => Math.random();
    isolate = {
      leases: new Leases({ sources: edgeLeaseSources(env), clock: systemClock, random, background: inBackground }),
      originBreakers: new Breakers(systemClock, random),
      residency: new ResidencyBeliefs(systemClock),
      estimates: new Estimates(),
      measured: new MeasuredFigures({ bucket: env.BLOBS, clock: systemClock, background: inBackground }),
      edgeInFlight: 0,
    };
    byEnv.set(env, isolate);
  }
  return isolate;
}
