import { describe, expect, it } from 'vitest';
import { JsonPlaces } from '../../../shared/protocol/json-places.js';

const found = (text: string, ...path: (string | number)[]): string | undefined => {
  const at = new JsonPlaces(text).at(path);
  return at === undefined ? undefined : text.slice(at, at + 3);
};

describe('places in the text of JSON', () => {
  it('are found whatever stands before them, blanks, strings with brackets, nested values', () => {
    const text = ' { "id" : "a}]\\"{[" , "x":[[{}],{"y":[1]}], "inputs" : [ {"data":[1]} , { "data" : [ 2 ] } ] } ';
    expect(found(text, 'inputs', 0, 'data')).toBe('[1]');
    expect(found(text, 'inputs', 1, 'data')).toBe('[ 2');
    expect(found('{"parameters":{"a":111,"b\\u0063":222}}', 'parameters', 'bc')).toBe('222');
  });

  it('are those that JSON.parse takes when a key is repeated', () => {
    expect(found('{"inputs":[{"data":111}],"inputs":[{"data":222,"data":333}]}', 'inputs', 0, 'data')).toBe('333');
    expect(found('{"parameters":{"a":111,"\\u0061":222}}', 'parameters', 'a')).toBe('222');
  });

  it('are none where there is nothing, or something else', () => {
    expect(found('{}', 'inputs')).toBeUndefined();
    expect(found('{"inputs":[]}', 'inputs', 0)).toBeUndefined();
    expect(found('{"inputs":7}', 'inputs', 0, 'data')).toBeUndefined();
    expect(found('{"parameters":[1]}', 'parameters', 'a')).toBeUndefined();
  });

  it('of many members are found in one walk over the text', () => {
    let reads = 0;
    const members = Array.from({ length: 64 }, (_, index) => `"p${index}":${index}`).join();
    // A string that counts how often it is looked at: the number must not grow with the members that are asked for.
    const text = new Proxy(new String(`{"filler":"${'x'.repeat(10_000)}","parameters":{${members}}}`), {
      get(target, name) {
        reads += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    }) as unknown as string;
    const places = new JsonPlaces(text);
    places.at(['parameters', 'p0']);
    const once = reads;
    for (let index = 1; index < 64; index++) expect(places.at(['parameters', `p${index}`])).toBeGreaterThan(0);
    expect(once).toBeGreaterThan(10_000);
    expect(reads - once).toBeLessThan(1_000);
  });
});
