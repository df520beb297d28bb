import { describe, expect, it } from 'vitest';
import { PublishProgress } from '../../../../scripts/commands/publish-progress.js';
import { type PublishEvent, publishStages } from '../../../../scripts/publish/publish-events.js';

const model = 'm';
const graph = 'g';
/** A whole publish, as its stages tell of it. */
const events: readonly PublishEvent[] = [
  { stage: 'read', model, files: 2, bytes: 1_500_000 },
  { stage: 'inspect', model, graph },
  { stage: 'optimise', model, graph },
  { stage: 'record', model, graph, done: 0, total: 8 },
  { stage: 'record', model, graph, done: 8, total: 8 },
  { stage: 'quantize', model, graph, done: 0, total: 2 },
  { stage: 'quantize', model, graph, done: 2, total: 2 },
  { stage: 'prove', model, graph, runtime: 'native', done: 0, total: 8 },
  { stage: 'prove', model, graph, runtime: 'native', done: 8, total: 8 },
  { stage: 'prove', model, graph, runtime: 'workerd', done: 7, total: 8 },
  { stage: 'measure', model, graph, tier: 'edge', done: 0, total: 3 },
  { stage: 'measure', model, tier: 'edge', done: 0, total: 1 },
  { stage: 'measure', model, graph, tier: 'origin', done: 4, total: 4 },
  { stage: 'place', model, tiers: ['edge', 'origin'] },
  { stage: 'upload', model, files: 2, doneBytes: 0, totalBytes: 1_500_000 },
  { stage: 'upload', model, files: 2, doneBytes: 1_500_000, totalBytes: 1_500_000 },
  { stage: 'register', model, version: 'v1' },
];

/** Each look at the clock is a second later. */
function watched(interactive = false): { progress: PublishProgress; lines: string[] } {
  const lines: string[] = [];
  let now = 0;
  const terminal = { stderr: (text: string) => void lines.push(...text.split('\n').filter((line) => line !== '')), interactive }; // prettier-ignore
  return { progress: new PublishProgress(terminal, () => (now += 1_000)), lines };
}

describe('the progress of publishing', () => {
  it.each([false, true])('has one line for each stage that is over, in order (interactive: %s)', (interactive) => {
    const { progress, lines } = watched(interactive);
    for (const event of events) progress.onEvent(event);
    progress.finish();
    progress.stop();
    expect(
      lines.map((line) =>
        line
          .trim()
          .replace(/ +\S+ s$/, '')
          .replace(/ {2,}/, ' '),
      ),
    ).toEqual([
      'read m: 2 files, 1.5 MB',
      'inspect graph g: checked, and run once',
      'optimise graph g: optimised, its answers compared',
      'record graph g: 8 goldens recorded',
      'quantize graph g: quantized',
      'prove graph g in onnxruntime: 8 of 8 goldens',
      'prove graph g in workerd: 7 of 8 goldens',
      'measure graph g at the edge',
      'measure all graphs together at the edge',
      'measure graph g at the origin',
      'place at the edge, the origin',
      'upload 2 files, 1.5 MB',
      'register as v1',
    ]);
    expect(Object.keys(progress.secondsByStage)).toEqual([...publishStages]);
  });

  it('says how long each took, and sums it up by stage', () => {
    const { progress, lines } = watched();
    progress.onEvent({ stage: 'inspect', model, graph: 'a' });
    progress.onEvent({ stage: 'inspect', model, graph: 'b' });
    progress.finish();
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}inspect {3}graph a: checked, and run once {2,}1\.0 s$/),
      expect.stringMatching(/^ {2}inspect {3}graph b: checked, and run once {2,}1\.0 s$/),
    ]);
    expect(progress.secondsByStage).toEqual({ inspect: 2 });
  });

  it('tells a stage that says twice that it is complete once', () => {
    const { progress, lines } = watched();
    for (let times = 0; times < 2; times += 1) {
      progress.onEvent({ stage: 'upload', model, files: 0, doneBytes: 0, totalBytes: 0 });
    }
    progress.finish();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('nothing: the server has every file already');
  });

  it('does not tell what failed as done', () => {
    const { progress, lines } = watched();
    progress.onEvent({ stage: 'optimise', model, graph });
    progress.stop();
    expect(lines).toEqual([]);
  });

  it('lets no name steer the terminal', () => {
    const { progress, lines } = watched();
    progress.onEvent({ stage: 'inspect', model, graph: '\u001b[2J' });
    progress.finish();
    expect(lines.join()).not.toContain('\u001b');
  });
});
