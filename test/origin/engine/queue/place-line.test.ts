import { describe, expect, it } from 'vitest';
import { type Placed, PlaceLine } from '../../../../origin/engine/queue/place-line.js';
import { integerBelow, oneOf, seededRandom } from '../../../harness/random.js';

describe('a line of places', () => {
  it.each([1, 2, 3])('knows its first and the rows until any time, whoever leaves (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const line = new PlaceLine<Placed>();
    let model: { place: Placed; rows: number }[] = [];
    let nowMs = 0;
    for (let step = 0; step < 2_000; step++) {
      nowMs += integerBelow(random, 3);
      if (random() < 0.55 || model.length === 0) {
        const one = { place: { placedAtMs: nowMs, lineAt: -1 }, rows: 1 + integerBelow(random, 9) };
        line.append(one.place, one.rows);
        model.push(one);
      } else if (random() < 0.8) {
        const gone = random() < 0.5 ? model[0]! : oneOf(random, model);
        line.remove(gone.place);
        model = model.filter((one) => one !== gone);
      } else {
        const changed = oneOf(random, model);
        changed.rows = 1 + integerBelow(random, 9);
        line.setRows(changed.place, changed.rows);
      }
      const timeMs = integerBelow(random, nowMs + 2) - 1;
      const until = model.filter(({ place }) => place.placedAtMs <= timeMs).reduce((sum, { rows }) => sum + rows, 0);
      expect(line.rowsUntil(timeMs)).toBe(until);
      expect(line.first).toBe(model[0]?.place);
    }
  });
});
