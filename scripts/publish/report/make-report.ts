import type { GraphEntry } from '../../../shared/manifest/manifest.js';
import type { PreparedVersion } from '../prepare-version.js';
import type { PublishResult } from '../publish.js';
import type { PublishStage } from '../publish-events.js';
import type { Findings } from './findings.js';
import type { GraphReport, GraphSize, PublishReport } from './publish-report.js';

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
  const { compiled, goldens, proof, measurements, warnings } = findings;
  const graphs = Object.entries(manifest.graphs).map(([name, graph]): [string, GraphReport] => [
    name,
    { after: sizeOf(graph), compiled: compiled[name] ?? notPart, goldens: goldens[name] ?? notPart },
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
    warnings: [...warnings, ...result.warnings],
  };
}

const sizeOf = ({ model, externalData }: GraphEntry): GraphSize => ({
  graphBytes: model.bytes,
  weightsBytes: Object.values(externalData).reduce((sum, { bytes }) => sum + bytes, 0),
});
