/** Waits until a server answers `GET /v2/health/live`; rejects when it does not within `msMax`. */
export async function waitLive(url: string, signal: AbortSignal, msMax = 30_000): Promise<void> {
  const lookEveryMs = 50;
  for (let waitedMs = 0; waitedMs < msMax; waitedMs += lookEveryMs) {
    signal.throwIfAborted();
    if (await isLive(url, signal)) return;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Error(`${url} listens but did not say that it is live within ${msMax} ms`);
}

const askMsMax = 2_000;

async function isLive(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v2/health/live`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(askMsMax)]),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
