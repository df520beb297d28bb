import type {
  EngineEvent,
  InstanceSnapshot,
  VersionLabel,
  VersionSnapshot,
} from '../../../origin/engine/engine-events.js';

export const labelOf = (model: string, version = 'v1'): VersionLabel => ({
  model,
  version,
  digest: `digest of ${model} ${version}`,
});

export const item = (of: VersionLabel, members: Partial<EngineEvent & { kind: 'item' }> = {}): EngineEvent => ({
  kind: 'item',
  of,
  rows: 1,
  queueMs: 1,
  inputMs: 0.25,
  inferMs: 8,
  outputMs: 0.75,
  ...members,
});

export const batch = (of: VersionLabel, rows: number, items = rows): EngineEvent => ({
  kind: 'batch',
  of,
  rows,
  items,
  inputMs: 0.25,
  inferMs: 8,
  outputMs: 0.75,
});

export const instance = (members: Partial<InstanceSnapshot> = {}): InstanceSnapshot => ({
  state: 'ready',
  pid: 1,
  rssBytes: 1_000,
  device: 'cpu',
  threads: 1,
  busyMs: 0,
  ...members,
});

export const snapshotOf = (of: VersionLabel, members: Partial<VersionSnapshot> = {}): VersionSnapshot => ({
  of,
  queued: 0,
  inFlight: 0,
  concurrencyLimit: 8,
  batchAxis: 'untried',
  instances: [],
  ...members,
});
