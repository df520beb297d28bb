import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';

/** The part of wrangler.toml that a local server needs. Importing wrangler to read it would cost 0.4 s per start. */
const configSchema = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.string()).default({}),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string() })).default([]),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
});

/** The options of Miniflare that wrangler.toml decides. */
export interface WorkerConfig {
  readonly name: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly bindings: Readonly<Record<string, string>>;
  readonly r2Buckets: Readonly<Record<string, string>>;
  readonly durableObjects: Readonly<Record<string, { readonly className: string; readonly useSQLite: true }>>;
}

/** Miniflare's options as wrangler.toml has them: one truth for bindings, vars and the compatibility date. */
export function workerConfig(root: string): WorkerConfig {
  const config = configSchema.parse(parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')));
  return {
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    bindings: config.vars,
    r2Buckets: Object.fromEntries(config.r2_buckets.map((bucket) => [bucket.binding, bucket.bucket_name])),
    durableObjects: Object.fromEntries(
      config.durable_objects.bindings.map((binding) => [
        binding.name,
        { className: binding.class_name, useSQLite: true as const },
      ]),
    ),
  };
}
