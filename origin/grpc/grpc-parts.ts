import type { KeyRings } from '../../shared/auth/key-rings.js';
import type { DataTier } from '../../shared/http/data-tier.js';
import type { LogRow } from '../../shared/http/request-scope.js';
import type { Limits } from '../../shared/protocol/limits.js';
import type { Clock, Random } from '../../shared/time/clock.js';
import type { Schedule } from '../engine/schedule.js';
import type { EndedRequest } from '../observe/trace-request.js';
import type { ObserveRequest } from '../observe/request-series.js';
import type { GrpcLimits } from './grpc-limits.js';

/** What the methods of the service work with. */
export interface GrpcParts {
  readonly tier: DataTier;
  /** The keys as they are now: asked for at every request. */
  readonly rings: () => KeyRings;
  /** The limits of requests to a model, or of those that name none. */
  readonly limitsOf: (model?: string) => Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly log: LogRow;
  /** For metrics; called once for every request, whatever became of it. */
  readonly observe?: ObserveRequest;
  /** For traces; called once for every request, too. */
  readonly trace?: (request: EndedRequest) => void;
  readonly limits: GrpcLimits;
}
