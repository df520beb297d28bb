import type { ArtifactRead } from '../artifacts/blob-store.js';
import type { CellFamily } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { Exposition } from './exposition.js';

const tiers = ['disk', 'source'] as const;
const outcomes = ['hit', 'miss', 'corrupt', 'failed'] as const;

/** Reads of artifacts: how often the disk had them, and what the source gave when it had not. */
export class ArtifactSeries {
  readonly #reads: CellFamily<CounterCell>;
  readonly #bytes: CellFamily<CounterCell>;

  constructor(exposition: Exposition) {
    this.#reads = exposition.counter(
      'brink_artifact_reads_total',
      'Looks for an artifact on the disk, and at the source when the disk had none, by outcome',
    );
    this.#bytes = exposition.counter('brink_artifact_read_bytes_total', 'Bytes of artifacts that were found, by tier');
    for (const tier of tiers) {
      this.#bytes.at({ tier });
      for (const outcome of outcomes) this.#reads.at({ tier, outcome }); // what never happened shows its zero
    }
  }

  count({ tier, outcome, bytes }: ArtifactRead): void {
    this.#reads.at({ tier, outcome }).add();
    this.#bytes.at({ tier }).add(bytes);
  }
}
