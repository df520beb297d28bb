import { describe, expect, it } from 'vitest';
import { definitionSchema } from '../../models/define.js';
import ocrLine from '../../models/ocr-line/definition.js';
import ocrPage from '../../models/ocr-page/definition.js';
import { handlers } from '../../models/registry.js';
import vad from '../../models/vad/definition.js';
import { handlerKey } from '../../shared/handler/handler.js';

describe.each([ocrLine, ocrPage, vad])('the definition of $name', (input) => {
  const definition = definitionSchema.parse(input);

  it('names every file with its sha-256, from a package', () => {
    for (const source of [...Object.values(definition.graphs), ...Object.values(definition.files)]) {
      expect(source.from).toMatch(/^npm:/);
      expect(source.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('has a handler that is registered', () => {
    expect(handlers.has(handlerKey(definition.handler!))).toBe(true);
  });
});

describe('placement', () => {
  it('is the edge first for the small models and the origin alone for the heavy one', () => {
    expect(definitionSchema.parse(ocrLine).placement.tiers).toEqual(['edge', 'origin']);
    expect(definitionSchema.parse(vad).placement.tiers).toEqual(['edge', 'origin']);
    expect(definitionSchema.parse(ocrPage).placement.tiers).toEqual(['origin']);
  });
});
