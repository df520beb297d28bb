import { describe, expect, it } from 'vitest';
import { elementsOf, isAboveMeasured } from '../../../shared/plan/elements.js';

describe('the elements of a run', () => {
  it('are those of all inputs together; a scalar is one', () => {
    expect(elementsOf([])).toBe(0);
    expect(elementsOf([{ shape: [2, 3] }, { shape: [] }, { shape: [4, 0] }])).toBe(7);
  });

  it('are above the measured when there are more of them, and never where nothing was measured', () => {
    expect(isAboveMeasured({ edgeElementsMax: 6 }, [{ shape: [2, 3] }])).toBe(false);
    expect(isAboveMeasured({ edgeElementsMax: 5 }, [{ shape: [2, 3] }])).toBe(true);
    expect(isAboveMeasured({}, [{ shape: [1_000_000] }])).toBe(false);
  });
});
