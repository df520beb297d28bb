import type { Measurements } from '../../../shared/measure/measurements.js';
import type { ProofRow } from '../prove/proof-row.js';
import type { CompiledReport, GoldensReport } from './publish-report.js';
import type { Section } from './section.js';

/** What the stages found out about a version, for its report. */
export interface Findings {
  /** By graph. */
  readonly compiled: Readonly<Record<string, Section<CompiledReport>>>;
  /** By graph. */
  readonly goldens: Readonly<Record<string, Section<GoldensReport>>>;
  readonly proof: Section<readonly ProofRow[]>;
  readonly measurements: Section<Measurements>;
  readonly warnings: readonly string[];
}
