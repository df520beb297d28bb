import type { GraphEntry } from '../../../shared/manifest/manifest.js';
import type { Measurements } from '../../../shared/measure/measurements.js';
import type { PreparedVersion } from '../prepare-version.js';
import type { PublishResult } from '../publish.js';
import type { PublishStage } from '../publish-events.js';
import type {
  CompiledReport,
  GoldensReport,
  GraphReport,
  GraphSize,
  ProofRow,
  PublishReport,
} from './publish-report.js';
import type { Section } from './section.js';

/** What the stages found, as far as they were run. */
export interface Findings {
  /** By graph. */
  readonly compiled?: Readonly<Record<string, Section<CompiledReport>>> | undefined;
  /** By graph. */
  readonly goldens?: Readonly<Record<string, Section<GoldensReport>>> | undefined;
  readonly proof?: Section<readonly ProofRow[]> | undefined;
  readonly measurements?: Section<Measurements> | undefined;
  readonly warnings?: readonly string[] | undefined;
}

export interface ReportTimes {
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly secondsByStage: Readonly<Partial<Record<PublishStage, number>>>;
}

const notPart = { notRun: 'this publish did without' } as const;

/** A version, what storing it came to, and what the stages before found → the report. */
export function makeReport(
  { manifest }: Pick<PreparedVersion, 'manifest'>,
  result: PublishResult,
  findings: Findings,
  { createdAtMs, secondsByStage }: ReportTimes,
): PublishReport {
  const { model, version, digest, added, blobs, bytes, uploadedBlobs, uploadedBytes, tiers } = result;
  const { compiled, goldens, proof = notPart, measurements = notPart, warnings = [] } = findings;
  const graphs = Object.entries(manifest.graphs).map(([name, graph]): [string, GraphReport] => [
    name,
    { after: sizeOf(graph), compiled: compiled?.[name] ?? notPart, goldens: goldens?.[name] ?? notPart },
  ]);
  return {
    schema: 1,
    model,
    version,
    digest,
    added,
    createdAt: new Date(createdAtMs).toISOString(),
    secondsByStage,
    graphs: Object.fromEntries(graphs),
    proof,
    measurements,
    placement: { tiers, why: 'value' in measurements ? measurements.value.placement.why : [] },
    upload: { blobs, bytes, uploadedBlobs, uploadedBytes },
    warnings,
  };
}

const sizeOf = ({ model, externalData }: GraphEntry): GraphSize => ({
  graphBytes: model.bytes,
  weightsBytes: Object.values(externalData).reduce((sum, { bytes }) => sum + bytes, 0),
});
