import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../bindings.js';

export class ControlPlane extends DurableObject<Env> {}
