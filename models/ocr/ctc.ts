/** A character as it was read. */
export interface ReadCharacter {
  readonly character: string;
  /** The class's probability at the step where it was read, 0 to 1. */
  readonly probability: number;
}

export interface CtcOptions {
  /** One per class; class 0 is CTC's blank, the last the space. */
  readonly labels: readonly string[];
  /**
   * A space stands between two characters when its class gets this probability anywhere between them. PP-OCRv4 sees
   * spaces but seldom prefers them to the blank: measured on 600 rendered lines, the space got 0.043 or more in each of
   * 1,550 gaps between words, and 0.031 or less in all but one of 10,261 pairs of letters. 0.5, which is nearly plain
   * greedy reading, loses a space in every sixth line.
   */
  readonly spaceProbabilityMin: number;
}

/** No script sets a space before these: what looks like one is the white above a full stop. */
const closingMarks: ReadonlySet<string> = new Set(['.', ',', ';', ':', '!', '?', ')', ']', '。', '，']);
const spaceBeforeMarkMin = 0.5;

/**
 * Greedy CTC: the likeliest class of each time step; repeats without a blank between them are one character.
 * `probabilities` is a softmax, [steps, labels.length]. Spaces at either end are left out.
 */
export function decodeGreedy(probabilities: Float32Array, options: CtcOptions): ReadCharacter[] {
  const { labels, spaceProbabilityMin } = options;
  const classes = labels.length;
  const space = classes - 1;
  const characters: ReadCharacter[] = [];
  let previous = 0;
  let spaceProbability = 0;
  for (let start = 0; start < probabilities.length; start += classes) {
    const best = bestClass(probabilities, start, classes);
    spaceProbability = Math.max(spaceProbability, probabilities[start + space] ?? 0);
    if (best !== 0 && best !== space && best !== previous) {
      const character = labels[best] ?? '';
      const spaceMin = closingMarks.has(character) ? spaceBeforeMarkMin : spaceProbabilityMin;
      if (characters.length > 0 && spaceProbability >= spaceMin) {
        characters.push({ character: ' ', probability: spaceProbability });
      }
      characters.push({ character, probability: probabilities[start + best] ?? 0 });
      spaceProbability = 0;
    }
    previous = best;
  }
  return characters;
}

function bestClass(values: Float32Array, start: number, count: number): number {
  let best = 0;
  let most = -Infinity;
  for (let index = 0; index < count; index++) {
    const value = values[start + index] ?? 0;
    if (value > most) {
      best = index;
      most = value;
    }
  }
  return best;
}
