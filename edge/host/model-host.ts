import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Env } from '../bindings.js';
import { startOrt } from './ort-start.js';

export class ModelHost extends WorkerEntrypoint<Env> {
  async warm(): Promise<string> {
    return (await startOrt()).env.versions.web ?? '';
  }
}
