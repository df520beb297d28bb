import { expect } from 'vitest';
import { type FaultStack, soon, work } from './fault-stack.js';

/** Asks a `workModel` until it has been found out there that batches of more than four pay. */
export async function learnBatches(origin: FaultStack, model: string): Promise<void> {
  await expect
    .poll(async () => {
      const callers = Array.from({ length: 16 }, (_, index) => origin.infer(model, { inputs: work(1, index) }));
      await Promise.all(callers);
      const all = await origin.metric('brink_batch_rows_count', { model });
      return all - (await origin.metric('brink_batch_rows_bucket', { model, le: '4' }));
    }, soon)
    .toBeGreaterThan(2);
}
