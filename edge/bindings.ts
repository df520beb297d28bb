import type { ControlPlane } from './control/control-plane.js';

/** What wrangler.toml and the secrets give to the Worker, unchecked: strings are checked where they are parsed. */
export interface Env {
  /** Blobs, manifests, and each model's release as it was last written. */
  readonly BLOBS: R2Bucket;
  /** One object per model: `idFromName(model)`. */
  readonly CONTROL: DurableObjectNamespace<ControlPlane>;

  // [vars]
  readonly ORIGIN_URL?: string;
  readonly EDGE_HEAP_MAX_MIB?: string;
  readonly EDGE_SESSION_BUDGET_MIB?: string;
  readonly BODY_BYTES_MAX?: string;
  readonly CORS_ORIGINS?: string;
  readonly LEASE_MS?: string;

  // secrets: comma lists of `name=token`; several are valid at once, for rotation
  readonly ADMIN_TOKENS?: string;
  readonly ARTIFACT_TOKENS?: string;
  readonly INFERENCE_KEYS?: string;
  /** What the edge shows to the origin. */
  readonly ORIGIN_KEY?: string;
}
