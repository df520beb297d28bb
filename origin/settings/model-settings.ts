import { z } from 'zod';
import { nameSchema } from '../../shared/protocol/names.js';

const mebibyte = 2 ** 20;

/** As onnxruntime-node calls them; which of them a build has, and a machine, is looked at when the origin starts. */
const providerNames = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'dml', 'coreml', 'qnn', 'xnnpack', 'openvino'];
const providerNameSchema = z
  .string()
  .refine((name) => providerNames.includes(name), `expected one of ${providerNames.join(', ')}`);

/** An execution provider of onnxruntime, with its own options (passed on as they are). */
export const providerSchema = z.union([
  providerNameSchema,
  z.strictObject({
    name: providerNameSchema,
    options: z.record(z.string().max(64), z.union([z.string(), z.number(), z.boolean()])).default({}),
  }),
]);

/**
 * How one model is run on this origin: never part of a version, so that the same version runs on any machine. What is
 * not said is taken from the file's `defaults`, then from `defaultModelSettings`.
 */
export const modelSettingsSchema = z.strictObject({
  /** Runner processes. `auto`: as many as there are cores for short runs, 1 for long ones. */
  instances: z.union([z.literal('auto'), z.int().min(1).max(64)]),
  /** Threads within one operator. `auto`: 1 for runs under about 50 ms, else the cores divided by the instances. */
  threads: z.union([z.literal('auto'), z.int().min(1).max(256)]),
  providers: z.array(providerSchema).min(1).max(8),
  /**
   * When a provider is not there: the version fails and says so, or runs on the CPU and says so. Where nothing is said,
   * the CPU stands in if it is named behind another provider.
   */
  ifProviderMissing: z.enum(['fail', 'cpu']),
  /** GPUs that instances are placed on, in turn. */
  deviceIds: z.array(z.int().min(0).max(255)).max(64),
  /** Caps the version's own. */
  maxBatch: z.int().min(1).max(1024),
  /** How long an idle runner waits for a fuller batch. */
  maxQueueDelayMs: z.number().min(0).max(10_000),
  queueItemsMax: z.int().min(1).max(100_000),
  /**
   * So many requests may be in flight however long they take; beyond, the limit follows the measured latency. Lower it
   * to have requests refused sooner and answered faster.
   */
  concurrencyMin: z.int().min(1).max(100_000),
  /** Priorities are 1 (first) to this; 0 means the last. */
  priorityLevels: z.int().min(1).max(16),
  /** What waits this long goes before what is one level above it and has just come. */
  ageingMs: z.int().min(1).max(600_000),
  /** Of the runner time when models compete: 2 gets twice as much as 1. */
  share: z.number().min(0.01).max(100),
  /** The longest that a run may take, whatever the caller's deadline. */
  runMsMax: z.int().min(1).max(600_000),
  /** A runner that has grown by so much since it was warm is replaced between batches. */
  runnerGrowthBytesMax: z.int().min(mebibyte),
  /** Shapes without axis 0, by input, that are run before the version is ready: every bucket that a GPU should know. */
  warmUp: z.array(z.record(z.string().max(256), z.array(z.int().min(1)).max(15))).max(32),
  /** Answers kept by digest and inputs; 0: none. */
  responseCacheBytesMax: z.int().min(0),
  /** Of a request to this model; at most the server's own limit. */
  bodyBytesMax: z.int().min(1).optional(),
  /** Elements of any one input tensor of a request. */
  tensorElementsMax: z.int().min(1).optional(),
});
export type ModelSettings = z.infer<typeof modelSettingsSchema>;

export const defaultModelSettings: ModelSettings = {
  instances: 'auto',
  threads: 'auto',
  providers: ['cpu'],
  ifProviderMissing: 'fail',
  deviceIds: [0],
  maxBatch: 64,
  maxQueueDelayMs: 0,
  queueItemsMax: 256,
  concurrencyMin: 128,
  priorityLevels: 2,
  ageingMs: 500,
  share: 1,
  runMsMax: 120_000,
  runnerGrowthBytesMax: 1024 * mebibyte,
  warmUp: [],
  responseCacheBytesMax: 0,
};

/** The settings file: `[defaults]`, and `[models.<name>]` for what differs. */
export const settingsFileSchema = z.strictObject({
  defaults: modelSettingsSchema.partial().default({}),
  models: z.record(nameSchema, modelSettingsSchema.partial()).default({}),
});
export type SettingsFile = z.infer<typeof settingsFileSchema>;

/** What holds for `model`. */
export function settingsOf(file: SettingsFile, model: string): ModelSettings {
  const own = Object.hasOwn(file.models, model) ? file.models[model] : undefined;
  const settings = { ...defaultModelSettings, ...file.defaults, ...own };
  const standIn = settings.providers?.slice(1).includes('cpu') === true ? 'cpu' : 'fail';
  const ifProviderMissing = own?.ifProviderMissing ?? file.defaults.ifProviderMissing ?? standIn;
  return modelSettingsSchema.parse({ ...settings, ifProviderMissing });
}
