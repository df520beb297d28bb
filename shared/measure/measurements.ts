import { z } from 'zod';
import { sha256Schema, tierSchema } from '../manifest/manifest.js';

/** What is stored of one version; a few kilobytes are usual. */
export const measurementsBytesMax = 256 * 1024;

const ms = z.number().min(0);
const bytes = z.int().min(0);
const shapes = z.record(z.string().max(256), z.array(z.int().min(0)).max(16));

/** One graph in workerd, alone in its isolate. */
export const edgeFiguresSchema = z.strictObject({
  /** The largest shapes that it was run with, by input, and their elements together. */
  shapes,
  elements: z.int().min(0),
  artifactBytes: bytes,
  createMs: ms,
  firstRunMs: ms,
  runP50Ms: ms,
  runP95Ms: ms,
  /** The wasm heap, which never shrinks: when it has loaded, and when it has run. */
  heapLoadedBytes: bytes,
  heapPeakBytes: bytes,
});
export type EdgeFigures = z.infer<typeof edgeFiguresSchema>;

/** All graphs of the version in one isolate, as it is served. */
export const isolateFiguresSchema = z.strictObject({
  startMs: ms,
  artifactBytes: bytes,
  heapPeakBytes: bytes,
  /** The most that heap and artifacts take together at any moment. */
  peakBytes: bytes,
});

/** One graph at the origin, on one thread of the processor. */
export const originFiguresSchema = z.strictObject({
  shapes,
  /** By rows of a batch, ascending. */
  batches: z.array(z.strictObject({ rows: z.int().min(1), runMs: ms, itemMs: ms })).max(32),
  /** Rows above which a batch saves nothing more. */
  knee: z.int().min(1),
  /** A run of n rows takes `aMs × n + bMs`; null where one size was measured only. */
  profile: z.strictObject({ aMs: z.number(), bMs: z.number() }).nullable(),
});
export type OriginFigures = z.infer<typeof originFiguresSchema>;

/**
 * What was measured of a version on one machine: stored beside it under `measurements/<digest>/`, never hashed, because
 * the same version has other figures on every machine.
 */
export const measurementsSchema = z.strictObject({
  schema: z.literal(1),
  digest: sha256Schema,
  /** ISO 8601. */
  takenAt: z.string().max(40),
  machine: z.strictObject({ cpu: z.string().max(200), cores: z.int().min(1), node: z.string().max(40) }),
  budget: z.strictObject({
    isolateBytes: bytes,
    heapBytes: bytes,
    /** Of the isolate, what is its own before it has a model. */
    baseBytes: bytes.optional(),
    /** For a run at the edge; null: none is declared. */
    latencyMs: ms.nullable(),
  }),
  /** By graph; null: not measured there. */
  edge: z.record(z.string().max(256), edgeFiguresSchema).nullable(),
  isolate: isolateFiguresSchema.nullable(),
  origin: z.record(z.string().max(256), originFiguresSchema).nullable(),
  placement: z.strictObject({
    wished: z.array(tierSchema),
    tiers: z.array(tierSchema),
    /** One sentence for each thing that decided, with its figures. */
    why: z.array(z.string().max(1_000)).max(32),
  }),
  cost: z
    .strictObject({
      cpuMsPerRequest: ms,
      pricePerMillionCpuMs: z.number().min(0),
      pricePerMillionRequests: z.number().min(0),
      perMillionRequests: z.number().min(0),
    })
    .nullable(),
});
export type Measurements = z.infer<typeof measurementsSchema>;
