import { writeFileSync } from 'node:fs';
import { drawPage } from '../../test/render/page.js';
import { encodeWav, twoWords } from '../../test/render/speech.js';
import { drawLine } from '../../test/render/text-line.js';
import { seededRandom } from '../../test/harness/random.js';

// Draws the samples that stand in the models' folders, each with what it holds in `sample.json`. Ours, so they may be
// committed. Run from the project's root, after bundling:
// npx esbuild scripts/samples/make-samples.ts --bundle --platform=node --packages=external --format=esm --outfile=dist/make-samples.mjs
// node dist/make-samples.mjs

const pageLines = [
  'Brink runs models at the edge',
  'Small ones answer close to you',
  'Heavy ones answer at the origin',
  'Every version has a digest',
  'A release points at one version',
  'Rolling back takes 3 seconds',
  'No answer comes from the old one',
  'This page has 9 lines in all',
  'Read from the top to the bottom',
];

function write(model: string, file: string, bytes: Uint8Array, truth: unknown): void {
  writeFileSync(`models/${model}/${file}`, bytes);
  writeFileSync(`models/${model}/sample.json`, `${JSON.stringify(truth, null, 2)}\n`);
  console.log(`models/${model}/${file}: ${bytes.length} bytes`);
}

const text = 'Brink reads this line';
const line = { text, font: 'Brink DejaVu', fontPx: 32, degrees: 1, dark: false } as const;
write('ocr-line', 'sample.png', drawLine(line, seededRandom(1)), { text });

const page = drawPage(pageLines, 'Brink Roboto', seededRandom(2), 0); // noise would make it 10 times as large
write('ocr-page', 'sample.png', page.png, { width: page.width, height: page.height, lines: page.lines });

const speech = twoWords(3);
write('vad', 'sample.wav', encodeWav(speech.samples), { words: speech.words });
