import { basename } from 'node:path';
import { Slab, type SlabCopy } from '../../runner/slab.js';
import { MemoryPool } from '../../memory/memory-pool.js';

/** Memory that one runner shares with the server: what goes in, what comes out. */
export interface SlabPair {
  readonly inputs: Slab;
  readonly outputs: Slab;
  /** For the child: descriptors 4 and 5. */
  readonly fds: readonly [number, number];
  close(): void;
}

/** Of all runners: outputs stay until the last of their batch is answered. */
const pool = new MemoryPool();

function outputMemory(bytes: number): SlabCopy {
  const lent = pool.lend(bytes);
  if (lent === undefined) return { bytes: Buffer.allocUnsafeSlow(bytes) };
  return { bytes: lent.bytes, giveBack: () => lent.giveBack(true) };
}

/** Undefined where there is no shared memory. `directory` is the runner's own: its name is nobody else's. */
export function slabPair(directory: string): SlabPair | undefined {
  const name = basename(directory);
  const inputs = Slab.create(`${name}-in`);
  const outputs = inputs && Slab.create(`${name}-out`, outputMemory);
  if (inputs === undefined || outputs === undefined) {
    inputs?.slab.close();
    return undefined;
  }
  return {
    inputs: inputs.slab,
    outputs: outputs.slab,
    fds: [inputs.fd, outputs.fd],
    close: () => {
      inputs.slab.close();
      outputs.slab.close();
    },
  };
}
