import { UsageError } from '../commands/usage-error.js';
import { loadLimits, type LoadPlan, type LoadShape } from './load-plan.js';

/** Throws a UsageError, with both numbers, for a plan that goes over `loadLimits` or cannot be run. */
export function checkPlan(plan: LoadPlan): void {
  const { bodies, seconds, warmUpS, timeoutMs, checkEvery = 1 } = plan;
  within('seconds', seconds, 0.1, loadLimits.secondsMax);
  within('seconds of warm-up', warmUpS, 0, loadLimits.warmUpSMax);
  within('milliseconds until a request is cut off', timeoutMs, 1, loadLimits.timeoutMsMax);
  within('answers from one check to the next', checkEvery, 1, loadLimits.requestsMax);
  within('request bodies', bodies.length, 1, loadLimits.bodiesMax);
  const bytes = bodies.reduce((sum, body) => sum + body.bytes.byteLength, 0);
  within('bytes of request bodies', bytes, 0, loadLimits.bodiesBytesMax);
  checkShape(plan.shape);
}

function checkShape(shape: LoadShape): void {
  if (shape.kind === 'closed') {
    wholeWithin('connections', shape.connections, 1, loadLimits.connectionsMax);
  } else {
    within('requests a second', shape.ratePerS, 0.01, loadLimits.ratePerSMax);
    wholeWithin('connections', shape.connectionsMax, 1, loadLimits.connectionsMax);
  }
}

function within(what: string, figure: number, least: number, most: number): void {
  if (figure >= least && figure <= most) return;
  throw new UsageError(`expected ${least} to ${most} ${what}, got ${figure}`);
}

function wholeWithin(what: string, figure: number, least: number, most: number): void {
  if (!Number.isInteger(figure)) throw new UsageError(`expected a whole number of ${what}, got ${figure}`);
  within(what, figure, least, most);
}
