import { describe, expect, it } from 'vitest';
import { runAttempts } from '../../../edge/gateway/attempts.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import type { Plan } from '../../../shared/plan/plan.js';
import type { TierName } from '../../../shared/protocol/headers.js';
import type { CallReport } from '../../../shared/serve/call.js';
import { Deadline } from '../../../shared/time/deadline.js';

const plan: Plan = { attempts: ['edge', 'origin'], skipped: [], prefetchEdge: false, edgePassedOver: undefined };
const body = { contentType: 'x', inferenceHeaderLength: undefined, bytes: new Uint8Array(0) };

function run(
  answers: Partial<Record<TierName, ErrorCode>>,
  options: { plan?: Plan; budgetMs?: number; takesMs?: number } = {},
) {
  const clock = { at: 0, now: () => clock.at };
  const report: CallReport = {};
  const result = runAttempts(
    options.plan ?? plan,
    new Deadline(clock, options.budgetMs ?? 1_000),
    clock,
    report,
    (tier) => {
      clock.at += options.takesMs ?? 10;
      const code = answers[tier];
      return code === undefined
        ? Promise.resolve(body)
        : Promise.reject(new BrinkError(code, code, { retryAfterMs: 700 }));
    },
  );
  return { result, report };
}

describe('the attempts of a plan', () => {
  it('end with the first that answers, timed from outside', async () => {
    const { result, report } = run({});
    expect((await result).tier).toBe('edge');
    expect(report.attempts).toEqual([{ tier: 'edge', ms: 10 }]);
  });

  it('go on to the next tier after a failure, and say so', async () => {
    const { result, report } = run({ edge: 'heap-exhausted' });
    expect((await result).tier).toBe('origin');
    expect(report.attempts).toEqual([
      { tier: 'edge', ms: 10, failure: 'heap-exhausted' },
      { tier: 'origin', ms: 10 },
    ]);
  });

  it('say that the edge was passed over because it is still loading', async () => {
    const { result, report } = run(
      {},
      { plan: { attempts: ['origin', 'edge'], skipped: [], prefetchEdge: true, edgePassedOver: 'loading' } },
    );
    expect((await result).tier).toBe('origin');
    expect(report.attempts).toEqual([
      { tier: 'edge', ms: 0, failure: 'loading' },
      { tier: 'origin', ms: 10 },
    ]);
  });

  it("end at once with a fault of the caller's", async () => {
    const { result, report } = run({ edge: 'wrong-shape' });
    await expect(result).rejects.toMatchObject({ code: 'wrong-shape' });
    expect(report.attempts).toHaveLength(1);
  });

  it('let another tier try inputs that one could not run, and then blame the inputs', async () => {
    expect((await run({ edge: 'model-rejected-input' }).result).tier).toBe('origin');
    const both = run({ edge: 'model-rejected-input', origin: 'origin-unreachable' });
    await expect(both.result).rejects.toMatchObject({ code: 'model-rejected-input', status: 400 });
  });

  it('blame no tensor for being too large at one tier while the other, which may take it, is out of order', async () => {
    const failed = run({ edge: 'tensor-too-large', origin: 'origin-unreachable' });
    await expect(failed.result).rejects.toMatchObject({ code: 'no-tier-available', status: 503 });
    const both = run({ edge: 'tensor-too-large', origin: 'tensor-too-large' });
    await expect(both.result).rejects.toMatchObject({ code: 'tensor-too-large', status: 413 });
  });

  it('that all failed become a 503 that names them, what was skipped, and when to come back', async () => {
    const skipped: Plan = {
      attempts: ['edge'],
      skipped: [{ tier: 'origin', reason: 'breaker-open' }],
      prefetchEdge: false,
      edgePassedOver: undefined,
    };
    await expect(run({ edge: 'engine-failed' }, { plan: skipped }).result).rejects.toMatchObject({
      code: 'no-tier-available',
      message: 'no tier could answer: edge (engine-failed), origin not tried (breaker-open)',
      retryAfterMs: 700,
    });
  });

  it('that were only late become a 504, not a 503', async () => {
    await expect(run({ edge: 'deadline-exceeded', origin: 'deadline-exceeded' }).result).rejects.toMatchObject({
      status: 504,
    });
    await expect(run({ edge: 'deadline-exceeded', origin: 'origin-failed' }).result).rejects.toMatchObject({
      status: 503,
    });
  });

  it('end at once when the release has changed under them', async () => {
    const { result, report } = run({ edge: 'lease-expired' });
    await expect(result).rejects.toMatchObject({ code: 'lease-expired' });
    expect(report.attempts).toHaveLength(1);
  });

  it('are not begun when the deadline has passed', async () => {
    const { result, report } = run({ edge: 'loading' }, { budgetMs: 5 });
    await expect(result).rejects.toMatchObject({ code: 'deadline-exceeded', message: /edge \(loading\)/ });
    expect(report.attempts).toHaveLength(1);
  });
});
