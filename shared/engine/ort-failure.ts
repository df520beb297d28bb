import { BrinkError } from '../errors/brink-error.js';

/**
 * What onnxruntime says when it runs out of memory: the allocator of the native library, `std::bad_alloc` of the wasm
 * heap (it cannot grow past its maximum), V8 when it makes an output's buffer, and a GPU's.
 */
const outOfMemory =
  /bad_alloc|failed to allocate memory|out of memory|array buffer allocation failed|_STATUS_ALLOC_FAILED/i;

/** A device that fails says so in a node's status too; the inputs are not to blame. */
const deviceFailed = /\b(CUDA|CUDNN|CUBLAS|HIP) (failure|error)|(CUDNN|CUBLAS)_STATUS_/i;

/** The graph refuses these inputs: the checks before a run, and the status of a node that ran. */
const rejected = [
  /^failed to call OrtRun\(\)\. ERROR_CODE: (1|2),/, // FAIL and INVALID_ARGUMENT, as onnxruntime-web prints them
  /non-zero status code returned while running/i,
  /got invalid dimensions for input/i,
  /invalid rank for input/i,
  /unexpected input data type/i,
  /^input '.*' is missing in 'feeds'/,
  /^invalid input '/,
];

/** Retry soon: a runner or an isolate that ran out of memory is replaced or has freed it. */
const retryAfterMs = 1_000;

/**
 * An error of onnxruntime (web or node) as ours. Its text quotes paths of its build and of the server, so none of it is
 * in the message: it is the cause, for the log.
 */
export function ortFailure(error: unknown): BrinkError {
  if (error instanceof BrinkError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const aborted = error instanceof Error && error.name === 'RuntimeError'; // WebAssembly's: the heap is in any state
  if (!aborted && outOfMemory.test(text)) {
    return new BrinkError('heap-exhausted', 'the model needs more memory for these inputs than there is', {
      cause: error,
      retryAfterMs,
    });
  }
  if (!aborted && !deviceFailed.test(text) && rejected.some((pattern) => pattern.test(text))) {
    return new BrinkError('model-rejected-input', 'the model cannot work on inputs of these shapes and values', {
      cause: error,
    });
  }
  return new BrinkError('engine-failed', 'the model could not be loaded or run', { cause: error, retryAfterMs });
}
