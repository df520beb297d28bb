/** A stretch of speech, in windows; `end` is exclusive. */
interface Run {
  readonly start: number;
  readonly end: number;
}

export interface SegmentOptions {
  /** Speech begins when a window reaches this … */
  readonly startThreshold: number;
  /** … and goes on until windows stay below this for `minSilenceMs`. */
  readonly endThreshold: number;
  readonly minSilenceMs: number;
  /** Shorter speech is left out. */
  readonly minSpeechMs: number;
  /** Added before and after, as far as the neighbours leave room. */
  readonly padMs: number;
  readonly windowMs: number;
  readonly durationMs: number;
}

export interface Segment {
  readonly startMs: number;
  readonly endMs: number;
  /** Mean probability of its windows. */
  readonly confidence: number;
}

/** Speech segments from the probabilities of consecutive windows, by hysteresis. */
export function speechSegments(probabilities: Float32Array, options: SegmentOptions): Segment[] {
  const { windowMs, minSpeechMs, padMs, durationMs } = options;
  const runs = speechRuns(probabilities, options).filter(({ start, end }) => (end - start) * windowMs >= minSpeechMs);
  return runs.map(({ start, end }, index) => {
    const before = runs[index - 1]?.end ?? 0;
    const after = runs[index + 1]?.start ?? Infinity;
    // neighbours share the silence between them
    const startMs = Math.max(start * windowMs - padMs, index === 0 ? 0 : ((before + start) / 2) * windowMs);
    const endMs = Math.min(end * windowMs + padMs, ((end + after) / 2) * windowMs, durationMs);
    const windows = probabilities.subarray(start, end);
    return { startMs, endMs, confidence: windows.reduce((sum, value) => sum + value, 0) / windows.length };
  });
}

function speechRuns(probabilities: Float32Array, options: SegmentOptions): Run[] {
  const silentWindows = Math.max(1, Math.ceil(options.minSilenceMs / options.windowMs));
  const runs: Run[] = [];
  let start: number | undefined;
  let silence = 0; // windows since the last that was not silent
  for (const [index, probability] of probabilities.entries()) {
    if (start === undefined) {
      if (probability >= options.startThreshold) [start, silence] = [index, 0];
      continue;
    }
    silence = probability < options.endThreshold ? silence + 1 : 0;
    if (silence < silentWindows) continue;
    runs.push({ start, end: index + 1 - silence });
    start = undefined;
  }
  if (start !== undefined) runs.push({ start, end: probabilities.length - silence });
  return runs;
}
