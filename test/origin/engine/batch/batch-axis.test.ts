import { describe, expect, it } from 'vitest';
import { BatchAxis, inconclusiveTriesMax } from '../../../../origin/engine/batch/batch-axis.js';

describe('what is known of an axis', () => {
  it('is nothing until it was tried', () => {
    const axis = new BatchAxis();
    expect(axis.state).toBe('untried');
    axis.note('independent');
    expect(axis.state).toBe('independent');
  });

  it('ends with no batches when no trial can tell', () => {
    const axis = new BatchAxis();
    for (let tries = 1; tries < inconclusiveTriesMax; tries++) axis.note('inconclusive');
    expect(axis.state).toBe('untried');
    axis.note('inconclusive');
    expect(axis.state).toBe('not-a-batch');
  });

  it('may turn out wrong later, and that is final', () => {
    const axis = new BatchAxis('independent');
    for (let tries = 0; tries < 2 * inconclusiveTriesMax; tries++) axis.note('inconclusive');
    expect(axis.state).toBe('independent');
    axis.note('not-a-batch');
    axis.note('independent');
    expect(axis.state).toBe('not-a-batch');
  });
});
