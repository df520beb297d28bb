/** What one request to a Worker may carry on the smaller plans. */
export const requestBytesMax = 100_000_000;
/** A larger blob is sent in parts of this size, the last one smaller. */
export const partBytes = 64_000_000;
/**
 * The largest blob: R2 takes 4.995 GiB in one put (this is rounded down), and checks the digest of the whole in no other
 * way. Weights of more lie in several files, as exporters write them.
 */
export const blobBytesMax = 5_000_000_000;
