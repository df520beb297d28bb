import { z } from 'zod';
import { table } from './table.js';

const valuesShownMax = 6;

const outputsSchema = z.object({
  outputs: z.array(
    z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()), data: z.array(z.unknown()) }),
  ),
});

/** The outputs of a V2 answer as a table; a long one is cut, --json has it whole. */
export function drawOutputs(text: string): string {
  const parsed = outputsSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return text;
  const rows = parsed.data.outputs.map(({ name, datatype, shape, data }) => {
    const shown = data.slice(0, valuesShownMax).map((value) => JSON.stringify(value));
    return [name, datatype, `[${shape.join(', ')}]`, `${shown.join(', ')}${data.length > shown.length ? ', …' : ''}`];
  });
  return table([{ head: 'OUTPUT' }, { head: 'DATATYPE' }, { head: 'SHAPE' }, { head: 'DATA' }], rows);
}
