import { BrinkError } from '../errors/brink-error.js';
import { headers } from '../protocol/headers.js';
import type { Limits } from '../protocol/limits.js';
import { checkName } from '../protocol/names.js';
import type { Call } from '../serve/call.js';
import { Deadline } from '../time/deadline.js';
import type { AppContext } from './app-env.js';
import type { BodySource } from './body-source.js';
import { forcedTier, mediaType, pinnedRef, priority, refusesFallback, seenEpoch, timeoutMs } from './call-headers.js';
import type { DataPlaneOptions } from './data-plane-options.js';
import { readBody } from './read-body.js';

/** The deadline of what names none, until the version's own is known. */
const deadlineMsDefault = 120_000;

/** A request of the data plane as a call, its body read and nothing of it decoded. */
export async function readCall<Bindings extends object>(
  context: AppContext<Bindings>,
  kind: Call['kind'],
  options: DataPlaneOptions<Bindings>,
  source: BodySource,
): Promise<Call> {
  const header = (name: string) => context.req.header(name);
  const { model, version } = modelNames(context);
  const limits = options.limitsOf(context, model);
  const pin = pinnedRef(header);
  if (pin !== undefined && version !== undefined && pin.version !== version) {
    throw new BrinkError('pin-mismatch', `expected the pinned version to be the one in the path, '${version}'`);
  }
  const forced = forcedTier(header);
  const rank = priority(header);
  const deadline = deadlineOf(context, options, limits);
  const bytes = await readBody(source, limits, deadline, kind === 'infer' ? tensorsBeginAt(header) : undefined);
  context.set('bytesIn', bytes.byteLength);
  const signal = options.signalOf?.(context);
  const acceptEncoding = options.acceptEncodingOf === undefined ? header('accept-encoding') : options.acceptEncodingOf(context); // prettier-ignore
  return {
    kind,
    model,
    version: pin?.version ?? version,
    body: {
      contentType: mediaType(header('content-type')),
      inferenceHeaderLength: header(headers.inferenceHeaderLength),
      bytes,
    },
    // A copy with a prototype: RPC between isolates refuses objects without one.
    parameters: kind === 'predict' ? { ...context.req.query() } : {},
    accept: header('accept'),
    acceptEncoding,
    deadline,
    deadlineGiven: header(headers.timeoutMs) !== undefined,
    requestId: context.get('trace').requestId,
    traceparent: context.get('trace').traceparent,
    key: header(headers.key) ?? options.clientOf(context),
    forcedTier: forced,
    noFallback: refusesFallback(header),
    priority: rank,
    ...(signal === undefined ? {} : { signal }),
    ...(options.answerMemoryOf === undefined ? {} : { allocate: options.answerMemoryOf(context) }),
    pin,
    seenEpoch: seenEpoch(header),
  };
}

/** Where a binary body's tensors begin, as its header says, right or wrong. */
function tensorsBeginAt(header: (name: string) => string | undefined): number {
  const at = Number(header(headers.inferenceHeaderLength));
  return Number.isSafeInteger(at) && at > 0 ? at : 0;
}

export function deadlineOf<Bindings extends object>(
  context: AppContext<Bindings>,
  { clock, limitsOf }: DataPlaneOptions<Bindings>,
  limits: Limits = limitsOf(context),
): Deadline {
  const budgetMs = timeoutMs((name) => context.req.header(name), limits) ?? deadlineMsDefault;
  return new Deadline(clock, budgetMs, context.get('startedAt'));
}

/** Model and version of the path, each a name. */
export function modelNames(context: Pick<AppContext, 'req'>): { model: string; version: string | undefined } {
  const { model = '', version } = context.req.param() as { model?: string; version?: string };
  return {
    model: checkName('model', model),
    version: version === undefined ? undefined : checkName('version', version),
  };
}
