import { answerParent } from './answer-parent.js';

/** Takes a share of one core, as the load generator does while a server is measured. Request: the share, 0 to 1. */
const pauseMs = 1;
/** What it could not get is not taken later in one go: nobody's load comes in lumps. */
const owedMsMax = 20;
/** One look at the clock every so often. */
const spins = 2_000;

let share = 0;
let owedMs = 0;
let lookedAt = performance.now();
let usedMs = cpuMs();

answerParent((request) => {
  ({ share } = request as { readonly share: number });
  owedMs = 0;
  lookedAt = performance.now();
  usedMs = cpuMs();
  return Promise.resolve();
});
tick();

function tick(): void {
  const now = performance.now();
  owedMs = Math.min(owedMsMax, owedMs + share * (now - lookedAt));
  lookedAt = now;
  while (owedMs > 0) {
    for (let spin = 0; spin < spins; spin += 1) Math.sqrt(spin);
    const used = cpuMs();
    owedMs -= used - usedMs;
    usedMs = used;
  }
  setTimeout(tick, pauseMs);
}

/** CPU time of this process: what the machine gave it, which is less than what it asked when others compete. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
