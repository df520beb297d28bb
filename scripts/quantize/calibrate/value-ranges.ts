/** What a value of a graph held over all calibration data, after the chosen method has cut off what it cuts off. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** By the name of the value. */
export type ValueRanges = ReadonlyMap<string, ValueRange>;

/** How a range is chosen from what was seen. */
export const rangeMethods = ['min-max', 'percentile', 'mse'] as const;
export type RangeMethod = (typeof rangeMethods)[number];
