/**
 * The recogniser's classes in order: the blank of CTC first, then the lines of the label file, then the space, which
 * PP-OCR's files leave out. Throws when there are not `classes` of them.
 */
export function readLabels(file: Uint8Array, classes: number): readonly string[] {
  const lines = new TextDecoder()
    .decode(file)
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const labels = ['', ...lines, ' '];
  if (labels.length !== classes) throw new Error(`expected ${classes} labels, the file gives ${labels.length}`);
  return labels;
}
