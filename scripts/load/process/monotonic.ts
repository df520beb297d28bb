/** Milliseconds of the machine's monotonic clock: the same in every thread, which `performance.now()` is not. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
