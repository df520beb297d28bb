import { seededRandom } from '../../seeded-random.js';
import { Arrivals } from '../arrivals.js';
import { lateAfterMsDefault, loadLimits, type LoadBody, type LoadPlan, type LoadProgress } from '../load-plan.js';
import type { LoadResult } from '../load-result.js';
import { AnswerChecker } from './answer-checker.js';
import { ConnectionPool } from './connection-pool.js';
import { GrpcConnection } from './grpc-connection.js';
import { HttpConnection } from './http-connection.js';
import type { LoadConnection } from './load-connection.js';
import { makeResult } from './make-result.js';
import { type Alarm, OpenLoop } from './open-loop.js';
import { Recorder } from './recorder.js';

export interface RunParts {
  readonly now: () => number;
  readonly alarm: Alarm;
  /** CPU seconds of this process so far. */
  readonly cpuS: () => number;
  readonly onProgress: (progress: LoadProgress) => void;
  /** Stops sending. */
  readonly signal: AbortSignal;
}

/** What is under way when a run is stopped may take so long still. */
const stopDrainMsMax = 2_000;
const progressEveryMs = 250;

/** One run of a plan, in this process. */
export function runPlan(plan: LoadPlan, parts: RunParts): Promise<LoadResult> {
  return new Run(plan, parts).done();
}

/** Whoever sends, by schedule or by answer. */
interface Loop {
  start(): void;
  onFree(): void;
  end(): void;
}

class Run {
  readonly #plan: LoadPlan;
  readonly #parts: RunParts;
  readonly #recorder: Recorder;
  readonly #pool: ConnectionPool;
  readonly #loop: Loop;
  readonly #body: () => LoadBody;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #startMs: number;
  readonly #fromMs: number;
  readonly #toMs: number;
  #cpu = { fromS: 0, toS: 0 };
  #ended: LoadResult['ended'] = 'done';
  #phase: LoadProgress['phase'] = 'warm-up';
  #measuredToMs: number;
  #sentAll = 0;
  #answeredAll = 0;
  #refusedAll = 0;
  #drained: () => void = () => undefined;

  constructor(plan: LoadPlan, parts: RunParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#startMs = parts.now();
    this.#fromMs = this.#startMs + 1_000 * plan.warmUpS;
    this.#toMs = this.#fromMs + 1_000 * plan.seconds;
    this.#measuredToMs = this.#toMs;
    this.#recorder = new Recorder({ fromMs: this.#fromMs, toMs: this.#toMs }, plan.latencyBoundMs);
    this.#body = bodyChooser(plan);
    const most = plan.shape.kind === 'closed' ? plan.shape.connections : plan.shape.connectionsMax;
    this.#pool = new ConnectionPool(most, opener(plan), parts.now);
    this.#loop = this.#makeLoop();
  }

  async done(): Promise<LoadResult> {
    const { signal, now } = this.#parts;
    const drained = new Promise<void>((resolve) => (this.#drained = resolve));
    const onAbort = (): void => this.#end('stopped');
    try {
      this.#after(this.#fromMs, () => this.#onMeasure());
      this.#after(this.#toMs, () => this.#end('done'));
      const { timeoutMs } = this.#plan;
      this.#every(Math.min(50, Math.max(5, timeoutMs / 20)), () => this.#pool.expire(now() - timeoutMs));
      this.#every(progressEveryMs, () => this.#tell());
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      else this.#loop.start();
      await drained;
    } finally {
      signal.removeEventListener('abort', onAbort);
      for (const timer of this.#timers) clearTimeout(timer); // clears intervals too
      this.#loop.end();
      this.#pool.close();
    }
    return makeResult(this.#plan, this.#recorder, {
      ended: this.#ended,
      seconds: Math.max(0, this.#measuredToMs - this.#fromMs) / 1_000,
      generatorCpuS: this.#cpu.toS - this.#cpu.fromS,
      connections: this.#pool.figures(),
    });
  }

  #onMeasure(): void {
    this.#phase = 'measuring';
    this.#cpu.fromS = this.#parts.cpuS();
  }

  /** Nothing more is sent; when what is under way has ended, the run has. */
  #end(why: LoadResult['ended']): void {
    if (this.#phase === 'draining') return;
    const measured = this.#phase === 'measuring';
    const nowMs = this.#parts.now();
    this.#ended = why;
    this.#measuredToMs = Math.min(this.#toMs, nowMs);
    this.#loop.end();
    this.#cpu.toS = this.#parts.cpuS();
    if (!measured) this.#cpu.fromS = this.#cpu.toS;
    this.#phase = 'draining';
    if (why === 'stopped') {
      const cutMs = Math.min(this.#plan.timeoutMs, stopDrainMsMax);
      this.#after(nowMs + cutMs, () => this.#pool.expire(Infinity));
    }
    this.#checkDrained();
  }

  #makeLoop(): Loop {
    const { shape, lateAfterMs = lateAfterMsDefault } = this.#plan;
    if (shape.kind === 'closed') {
      const fill = (): void => {
        for (let nowMs = this.#parts.now(); nowMs < this.#toMs; nowMs = this.#parts.now()) {
          if (this.#phase === 'draining' || !this.#pool.hasFree) return;
          this.#send(nowMs, false);
        }
      };
      return { start: fill, onFree: fill, end: () => undefined };
    }
    return new OpenLoop(
      {
        now: this.#parts.now,
        alarm: this.#parts.alarm,
        arrivals: new Arrivals(shape.ratePerS, seededRandom(shape.seed)),
        hasFree: () => this.#pool.hasFree,
        send: (dueMs, late) => this.#send(dueMs, late),
        unsent: (dueMs) => this.#recorder.onUnsent(dueMs),
        lateAfterMs,
      },
      this.#startMs,
      this.#toMs,
    );
  }

  #send(fromMs: number, late: boolean): void {
    const counts = this.#recorder.onSent(fromMs, late);
    this.#sentAll += 1;
    this.#pool.send(
      this.#body(),
      (outcome) => {
        if (outcome.verdict === 'answered') this.#answeredAll += 1;
        if (outcome.verdict === 'refused') this.#refusedAll += 1;
        this.#recorder.onSettled(outcome, fromMs, this.#parts.now(), counts);
        this.#checkDrained();
      },
      () => this.#loop.onFree(),
    );
    if (this.#sentAll >= loadLimits.requestsMax) this.#end('requests-max');
  }

  #checkDrained(): void {
    if (this.#phase === 'draining' && this.#pool.inFlight === 0) this.#drained();
  }

  #tell(): void {
    this.#parts.onProgress({
      phase: this.#phase,
      elapsedS: Math.min(this.#toMs, this.#parts.now()) / 1_000 - this.#startMs / 1_000,
      sent: this.#sentAll,
      answered: this.#answeredAll,
      refused: this.#refusedAll,
    });
  }

  #after(atMs: number, then: () => void): void {
    const ring = (): void => {
      const leftMs = atMs - this.#parts.now(); // a timer may be a fraction of a millisecond early
      if (leftMs <= 0) then();
      else this.#timers.push(setTimeout(ring, Math.ceil(leftMs)));
    };
    ring();
  }

  #every(ms: number, then: () => void): void {
    this.#timers.push(setInterval(then, ms));
  }
}

function bodyChooser({ bodies, bodySeed = 1 }: LoadPlan): () => LoadBody {
  const [first] = bodies;
  if (first === undefined) throw new Error('expected at least one request body, got none');
  const random = seededRandom(bodySeed);
  return bodies.length === 1 ? () => first : () => bodies[Math.floor(random() * bodies.length)] ?? first;
}

function opener({ target, timeoutMs, checkEvery }: LoadPlan): () => LoadConnection {
  const checker = new AnswerChecker(checkEvery);
  return target.kind === 'http'
    ? () => new HttpConnection(target, checker, timeoutMs)
    : () => new GrpcConnection(target, checker, timeoutMs);
}
