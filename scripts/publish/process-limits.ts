import { totalmem } from 'node:os';

/** What a process that is thrown away may take. */
export interface ProcessLimits {
  readonly timeoutMs: number;
  /** Resident memory: a graph of a hundred bytes may ask for more than there is. */
  readonly memoryBytesMax: number;
}

export const smallTimeoutMs = 60_000;
export const smallMemoryBytesMax = 4 * 1024 ** 3;

/** A disk that reads, writes and maps at least so much, each of the few times that a process goes through a graph. */
const bytesPerSecond = 40_000_000;
/** As read, as onnxruntime holds it, and as it packs it for its kernels. */
const copiesInMemory = 3;
/** The rest is for everybody else. */
const machineShare = 0.9;

/** Grows with the bytes of a graph, weights included; never more than the machine has, nor less than a small graph gets. */
export function processLimits(bytes: number, machineBytes = totalmem()): ProcessLimits {
  const wanted = smallMemoryBytesMax + copiesInMemory * bytes;
  return {
    timeoutMs: smallTimeoutMs + Math.ceil((1_000 * bytes) / bytesPerSecond),
    memoryBytesMax: Math.max(smallMemoryBytesMax, Math.min(wanted, Math.floor(machineBytes * machineShare))),
  };
}
