/** Upper bounds of histograms, in base units. */
export const durationSeconds = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120,
] as const;

/** Of loading a version: the download, the start of a process, the session, the warm-up. */
export const loadSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

export const batchRows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** A timer is up to 1 ms late on an idle event loop: finer buckets would hold noise. */
export const loopDelaySeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] as const;
