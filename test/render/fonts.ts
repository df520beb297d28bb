import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';

/** Five faces that differ in what readers trip over: sans, serif, monospaced, narrow and wide. */
const files = {
  'Brink DejaVu': 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  'Brink Roboto': '@fontsource/roboto/files/roboto-latin-400-normal.woff',
  'Brink Open Sans': '@fontsource/open-sans/files/open-sans-latin-400-normal.woff',
  'Brink Roboto Mono': '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff',
  'Brink Merriweather': '@fontsource/merriweather/files/merriweather-latin-400-normal.woff',
} as const;

export type FontName = keyof typeof files;
export const fontNames = Object.keys(files) as FontName[];

let registered = false;

/** Makes the fonts known to the canvas; may be called again. */
export function registerFonts(): void {
  if (registered) return;
  // from the package root, so that it also works when this file has been bundled elsewhere
  const require = createRequire(`${process.cwd()}/package.json`);
  for (const [name, file] of Object.entries(files)) {
    if (GlobalFonts.registerFromPath(require.resolve(file), name) === null) throw new Error(`${name} did not register`);
  }
  registered = true;
}
