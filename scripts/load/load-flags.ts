import type { CommonFlags } from '../commands/common-options.js';
import type { LoadShape } from './load-plan.js';
import type { LoadProtocol } from './traffic/encode-request.js';

/** What `brink load` is told. */
export interface LoadFlags extends CommonFlags {
  readonly traffic?: string;
  readonly predict?: boolean;
  readonly contentType?: string;
  readonly shape?: readonly string[];
  readonly protocol?: LoadProtocol;
  readonly version?: string;
  readonly tier?: 'edge' | 'origin';
  readonly originUrl?: string;
  readonly grpc?: string;
  readonly connections?: readonly LoadShape[];
  readonly rate?: readonly number[];
  readonly p99Ms?: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly seed: number;
  readonly html?: string;
}
