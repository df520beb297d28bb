import { escapeHtml } from '../../page/html-escape.js';

/** A table of text: the first column to the left, the others as they are told. */
export function pageTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'figures' | 'texts' = 'figures',
): string {
  const head = heads.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('');
  return `<div class="wide"><table class="figures ${align}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Names and what they are. */
export function pageFacts(rows: readonly (readonly [string, string])[]): string {
  const cells = rows.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`);
  return `<table class="settings"><tbody>${cells.join('')}</tbody></table>`;
}

/** In place of what was not run. */
export const notRunNote = (what: string, why: string): string =>
  `<p class="absent">${escapeHtml(`${what}: ${why}.`)}</p>`;

export const note = (text: string): string => `<p class="quiet">${escapeHtml(text)}</p>`;
