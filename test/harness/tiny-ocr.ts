import type { Manifest } from '../../shared/manifest/manifest.js';
import { sha256Hex } from '../../shared/manifest/digest.js';
import { int, ints, makeModel, node, spec, type TestModel } from './onnx.js';
import type { Stack } from './stack.js';

const picture = spec('x', 'FP32', [-1, 3, -1, -1]);

/** As the recogniser's: [1, 3, 48, width] to [1, width, 3], a class for each colour channel's mean. */
const recogniser = makeModel({ inputs: [picture], outputs: [spec('y', 'FP32', [-1, -1, 3])] }, [
  node('Transpose', ['x'], ['columns'], [ints('perm', [0, 3, 2, 1])]),
  node('ReduceMean', ['columns'], ['y'], [ints('axes', [2]), int('keepdims', 0)]),
]);

/** As the detector's: [1, 3, height, width] to a map [1, 1, height, width], the mean of the channels. */
const detector = makeModel({ inputs: [picture], outputs: [spec('y', 'FP32', [-1, 1, -1, -1])] }, [
  node('ReduceMean', ['x'], ['y'], [ints('axes', [1])]),
]);

/**
 * Releases a version with a real handler of images and graphs that cost nothing: what is tried out is all that stands
 * before and behind the graphs. Gives its digest.
 */
export async function releaseTinyOcr(stack: Stack, handler: 'ocr-line' | 'ocr-page'): Promise<string> {
  const upload = async (bytes: Uint8Array): Promise<{ sha256: string; bytes: number }> => {
    const sha256 = await sha256Hex(bytes);
    await stack.admin.putBlob(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  };
  const entry = async ({ bytes, signature }: TestModel) => ({
    model: await upload(bytes),
    externalData: {},
    signature,
  });
  const graphs: Manifest['graphs'] = { recogniser: await entry(recogniser) };
  if (handler === 'ocr-page') graphs['detector'] = await entry(detector);
  const labels = await upload(Buffer.from('a\n')); // with the blank and the space: 3 classes
  return stack.releaseTest(`tiny-${handler}`, recogniser, 'v1', {
    graphs,
    inferGraph: null,
    handler: { name: handler, version: 1 },
    files: { labels },
  });
}
