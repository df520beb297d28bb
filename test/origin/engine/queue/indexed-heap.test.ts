import { describe, expect, it } from 'vitest';
import { type HeapEntry, IndexedHeap } from '../../../../origin/engine/queue/indexed-heap.js';
import { integerBelow, oneOf, seededRandom } from '../../../harness/random.js';

interface Entry extends HeapEntry {
  key: number;
}

describe('a heap', () => {
  it.each([1, 2, 3])('has the smallest on top, whatever is taken out of it or moves back (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const heap = new IndexedHeap<Entry>((a, b) => a.key < b.key);
    let model: Entry[] = [];
    for (let step = 0; step < 3_000; step++) {
      const chance = random();
      if (chance < 0.5 || model.length === 0) {
        const entry = { key: integerBelow(random, 1_000), heapAt: -1 };
        heap.push(entry);
        model.push(entry);
      } else if (chance < 0.75) {
        const gone = random() < 0.4 ? heap.top! : oneOf(random, model);
        heap.remove(gone);
        heap.remove(gone);
        model = model.filter((entry) => entry !== gone);
      } else {
        const moved = oneOf(random, model);
        moved.key += integerBelow(random, 500);
        heap.moveBack(moved);
      }
      expect(heap.top?.key).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ key }) => key)));
    }
  });
});
