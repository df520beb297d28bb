import { batchRows, durationSeconds, loadSeconds } from './buckets.js';
import type { Exposition } from './exposition.js';

/** The metrics of each version that events are counted into, labelled by model and version. */
export function engineFamilies(exposition: Exposition) {
  const seconds = (name: string, help: string) => exposition.histogram(name, help, durationSeconds);
  return {
    rows: exposition.counter('brink_inference_rows_total', 'Rows of requests that were answered by a run'),
    failures: exposition.counter('brink_inference_failures_total', 'Requests whose run failed, by code'),
    refusals: exposition.counter('brink_refusals_total', 'Requests refused at the door of the queue, by reason'),
    runnerEnds: exposition.counter('brink_runner_ends_total', 'Runner processes that ended, by reason'),
    cacheRequests: exposition.counter(
      'brink_cache_requests_total',
      'Requests that the response cache looked up: hit, joined (another request was running the same) or miss',
    ),
    batchRows: exposition.histogram('brink_batch_rows', 'Rows of each run of a runner', batchRows),
    duration: seconds('brink_inference_duration_seconds', 'From the queue to the outputs, of answered requests'),
    queue: seconds('brink_queue_duration_seconds', 'Wait in the queue, of answered requests'),
    input: seconds('brink_compute_input_seconds', 'Putting a batch together and handing it to the runner, per run'),
    infer: seconds('brink_compute_infer_seconds', 'session.run, measured in the runner, per run'),
    output: seconds('brink_compute_output_seconds', 'From the end of a run to its outputs in the server, per run'),
    load: exposition.histogram('brink_load_duration_seconds', 'Loading a version until it can answer', loadSeconds),
  };
}

export type EngineFamilies = ReturnType<typeof engineFamilies>;
