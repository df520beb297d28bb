import { unzipSync } from 'fflate';
import { isNpy, readNpy } from '../../commands/read-npy.js';
import { decodeBinaryRequest } from '../../../shared/protocol/json-request.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { PublishError } from '../publish-error.js';
import { badExamples } from './example.js';
import { exampleLimits } from './example-limits.js';

const ending = '.npy';

/**
 * The arrays of an `.npz` file (`numpy.savez`) as a graph's inputs, each under its input's name. Throws Error for what is
 * no such file, BrinkError for arrays that are not what the graph takes.
 */
export function readNpz(bytes: Uint8Array, signature: Signature): readonly Tensor[] {
  const heads: object[] = [];
  const parts: Uint8Array[] = [];
  for (const [entry, content] of Object.entries(entriesOf(bytes))) {
    if (!entry.endsWith(ending) || !isNpy(content)) {
      throw badExamples(`expected arrays alone (<input>.npy), got "${entry.slice(0, 64)}"`);
    }
    const name = entry.slice(0, -ending.length);
    const { datatype, shape, data } = readNpy(name, content);
    heads.push({ name, datatype, shape, parameters: { binary_data_size: data.byteLength } });
    parts.push(data);
  }
  // As the same arrays would come in a request, so that they are checked as those are.
  const json = new TextEncoder().encode(JSON.stringify({ inputs: heads }));
  return decodeBinaryRequest(Buffer.concat([json, ...parts]), json.byteLength, signature, defaultLimits).inputs;
}

function entriesOf(bytes: Uint8Array): Record<string, Uint8Array> {
  let [entries, size] = [0, 0];
  try {
    return unzipSync(bytes, {
      filter: ({ originalSize }) => {
        entries += 1;
        size += originalSize;
        if (entries > defaultLimits.tensorsMax) {
          throw badExamples(`expected at most ${defaultLimits.tensorsMax} arrays, got more`);
        }
        if (size > exampleLimits.fileBytes) {
          throw badExamples(`expected at most ${exampleLimits.fileBytes} bytes of arrays, got ${size} and more`);
        }
        return true;
      },
    });
  } catch (error) {
    if (error instanceof PublishError) throw error;
    throw badExamples(`expected a zip of .npy files: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
