import { escapeHtml, jsonForScript } from './html-escape.js';

/** What goes into a page beside what it reports: all of it inline, so that the page works offline and in an e-mail. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  readonly chartStyle: string;
  readonly chartScript: string;
}

export interface PageParts {
  /** Text. */
  readonly title: string;
  /** HTML: whoever makes it escapes what is in it. */
  readonly body: string;
  /** Read by the page's script, as JSON in the element `report`. */
  readonly data: unknown;
}

/** One HTML document that loads nothing, and by its own policy could not. */
export function pageShell({ title, body, data }: PageParts, assets: PageAssets): string {
  const { style, script, chartStyle, chartScript } = assets;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${chartStyle}\n${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
<script type="application/json" id="report">${jsonForScript(data)}</script>
<script>${chartScript}</script>
<script>${script}</script>
</body>
</html>
`;
}
