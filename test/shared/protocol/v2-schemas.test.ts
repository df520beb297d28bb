import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeInferResponse } from '../../../shared/protocol/codec.js';
import * as schemas from '../../../shared/protocol/v2-schemas.js';

describe('the schemas of V2 bodies', () => {
  it.each(Object.entries(schemas))('turns %s into JSON schema with an id and a description', (_, schema) => {
    const { id, description } = schema.meta() ?? {};
    expect(description).toBeTypeOf('string');
    expect(z.toJSONSchema(schema)).toMatchObject({
      $ref: `#/$defs/${id}`,
      $defs: { [id!]: { type: 'object', description } },
    });
  });

  it('describes the answers that the codec writes, in JSON and in binary', () => {
    const outputs = [{ name: 'y', datatype: 'FP32' as const, shape: [2], data: Float32Array.of(1, 2) }];
    const response = { modelName: 'm', modelVersion: 'v', id: '1', outputs };
    for (const format of ['json', 'binary'] as const) {
      const { bytes, inferenceHeaderLength } = encodeInferResponse(response, { format, binaryOutput: () => true });
      const json: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, inferenceHeaderLength)));
      expect(schemas.inferResponseSchema.parse(json)).toEqual(json);
    }
  });

  it('knows the stable codes of errors', () => {
    expect(schemas.errorSchema.safeParse({ error: 'x', code: 'malformed-json' }).success).toBe(true);
    expect(schemas.errorSchema.safeParse({ error: 'x', code: 'made-up' }).success).toBe(false);
  });
});
