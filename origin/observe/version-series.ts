import type { CacheEvent } from '../cache/cache-event.js';
import type { EngineEvent } from '../engine/engine-events.js';
import type { CellFamily, Labels } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { EngineFamilies } from './engine-families.js';

const secondsPerMs = 0.001;

const resultOfCache = { 'cache-hit': 'hit', 'cache-joined': 'joined', 'cache-miss': 'miss' } as const;

/** Time that requests spent, summed request by request: those of one batch count its run once each. */
export interface RequestTimes {
  inputMs: number;
  inferMs: number;
  outputMs: number;
  cacheHitMs: number;
  cacheMissMs: number;
}

/** Everything that is counted about one version, its cells found once. */
export class VersionSeries {
  readonly labels: Labels;
  readonly times: RequestTimes = { inputMs: 0, inferMs: 0, outputMs: 0, cacheHitMs: 0, cacheMissMs: 0 };
  readonly rows: CounterCell;
  readonly duration;
  readonly queue;
  readonly batchRows;
  readonly failures: CellsByKey;
  readonly refusals: CellsByKey;
  readonly cacheRequests: CellsByKey;
  readonly #runnerEnds: CellsByKey;
  readonly #input;
  readonly #infer;
  readonly #output;
  readonly #families: EngineFamilies;

  constructor(labels: Labels, families: EngineFamilies) {
    this.labels = labels;
    this.#families = families;
    this.rows = families.rows.at(labels);
    this.duration = families.duration.at(labels);
    this.queue = families.queue.at(labels);
    this.batchRows = families.batchRows.at(labels);
    this.#input = families.input.at(labels);
    this.#infer = families.infer.at(labels);
    this.#output = families.output.at(labels);
    this.failures = new CellsByKey(families.failures, labels, 'code');
    this.refusals = new CellsByKey(families.refusals, labels, 'reason');
    this.cacheRequests = new CellsByKey(families.cacheRequests, labels, 'result');
    this.#runnerEnds = new CellsByKey(families.runnerEnds, labels, 'reason');
  }

  count(event: EngineEvent): void {
    switch (event.kind) {
      case 'item':
        this.rows.add(event.rows);
        this.queue.observe(event.queueMs * secondsPerMs);
        this.duration.observe((event.queueMs + event.inputMs + event.inferMs + event.outputMs) * secondsPerMs);
        this.times.inputMs += event.inputMs;
        this.times.inferMs += event.inferMs;
        this.times.outputMs += event.outputMs;
        return;
      case 'item-failed':
        this.failures.at(event.code).add();
        return;
      case 'batch':
        this.batchRows.observe(event.rows);
        this.#input.observe(event.inputMs * secondsPerMs);
        this.#infer.observe(event.inferMs * secondsPerMs);
        this.#output.observe(event.outputMs * secondsPerMs);
        return;
      case 'refused':
        this.refusals.at(event.reason).add();
        return;
      case 'loaded':
        this.#families.load.at(this.labels).observe(event.ms * secondsPerMs);
        return;
      case 'runner-ended':
        this.#runnerEnds.at(event.reason).add();
        return;
    }
  }

  countCache(event: CacheEvent): void {
    this.cacheRequests.at(resultOfCache[event.kind]).add();
    if (event.kind === 'cache-miss') this.times.cacheMissMs += event.ms;
    else this.times.cacheHitMs += event.ms;
  }

  /** Takes the version out of what is shown. */
  drop(): void {
    const { rows, duration, queue, batchRows, input, infer, output, load } = this.#families;
    for (const family of [rows, duration, queue, batchRows, input, infer, output, load]) family.drop(this.labels);
    for (const cells of [this.failures, this.refusals, this.cacheRequests, this.#runnerEnds]) cells.drop();
  }
}

/** The cells of a version that differ in one more label, whose values are the few of a union of literals. */
export class CellsByKey {
  readonly #family: CellFamily<CounterCell>;
  readonly #labels: Labels;
  readonly #name: string;
  readonly #cells = new Map<string, CounterCell>();

  constructor(family: CellFamily<CounterCell>, labels: Labels, name: string) {
    this.#family = family;
    this.#labels = labels;
    this.#name = name;
  }

  at(key: string): CounterCell {
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const cell = this.#family.at({ ...this.#labels, [this.#name]: key });
    this.#cells.set(key, cell);
    return cell;
  }

  entries(): [string, number][] {
    return [...this.#cells].map(([key, cell]) => [key, cell.value]);
  }

  drop(): void {
    for (const key of this.#cells.keys()) this.#family.drop({ ...this.#labels, [this.#name]: key });
    this.#cells.clear();
  }
}
