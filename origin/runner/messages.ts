import { z } from 'zod';
import { type ErrorCode, isErrorCode } from '../../shared/errors/error-codes.js';
import { type Signature, signatureSchema } from '../../shared/protocol/tensor.js';
import type { SessionOptions } from './session-options.js';

/** From the server to a runner. Tensors travel beside the message in its frame. */
export type RunnerRequest =
  | {
      readonly type: 'load';
      /** Graph name → path of its `.onnx` file. */
      readonly graphs: Readonly<Record<string, string>>;
      readonly session: SessionOptions;
    }
  | {
      readonly type: 'run';
      readonly id: number;
      readonly graph: string;
      /** Whether the outputs may be put in shared memory: what was there before has been read. */
      readonly slab: boolean;
    }
  | { readonly type: 'ping'; readonly id: number }
  /** Which execution providers this build of onnxruntime knows of. */
  | { readonly type: 'backends'; readonly id: number };

const failureSchema = z.object({
  code: z.custom<ErrorCode>(isErrorCode),
  message: z.string(),
  retryAfterMs: z.number().optional(),
});

/** From a runner to the server: checked, because a runner is where hostile models run. */
export const runnerReplySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('loaded'),
    graphs: z.record(z.string(), signatureSchema),
    rssBytes: z.number().min(0),
  }),
  /** `id` is null when it was loading that failed. `detail` is for the log and never for a caller. */
  z.object({
    type: z.literal('failed'),
    id: z.number().nullable(),
    failure: failureSchema,
    detail: z.string(),
  }),
  z.object({
    type: z.literal('result'),
    id: z.number(),
    inferMs: z.number().min(0),
    cpuMs: z.number().min(0),
    rssBytes: z.number().min(0),
  }),
  z.object({ type: z.literal('pong'), id: z.number(), rssBytes: z.number().min(0) }),
  z.object({ type: z.literal('backends'), id: z.number(), names: z.array(z.string().max(64)).max(64) }),
]);
export type RunnerReply = z.infer<typeof runnerReplySchema>;
export type Signatures = Readonly<Record<string, Signature>>;
