import { escapeHtml } from '../../page/html-escape.js';

/** A piece of a bar, on the scale of the chart. */
export interface BarPart {
  readonly value: number;
  readonly tone: 'before' | 'main' | 'second' | 'third' | 'bad';
}

export interface Bar {
  readonly name: string;
  /** One after the other, from the left. */
  readonly parts: readonly BarPart[];
  /** The figure in words: a bar alone says nothing to who cannot see it. */
  readonly text: string;
}

export interface BarChart {
  readonly bars: readonly Bar[];
  /** Lines across, such as a limit. */
  readonly marks?: readonly { readonly at: number; readonly text: string }[];
  /** Place of a value, 0 to 1; default: its share of the largest of all bars and marks. */
  readonly scale?: (value: number) => number;
  readonly legend?: readonly { readonly tone: BarPart['tone']; readonly text: string }[];
}

/** Bars as plain HTML: they fit any width, print, and need no script. */
export function barChart({ bars, marks = [], scale, legend = [] }: BarChart): string {
  const most = Math.max(...bars.map(lengthOf), ...marks.map(({ at }) => at), Number.MIN_VALUE);
  const place = scale ?? ((value: number) => value / (most * 1.04));
  const lines = marks.map(({ at }) => `<em style="left:${percent(place(at))}"></em>`).join('');
  const rows = bars.map((bar) => {
    const name = `<span class="bar-name">${escapeHtml(bar.name)}</span>`;
    const figure = `<span class="bar-figure">${escapeHtml(bar.text)}</span>`;
    return `<li>${name}<span class="bar-track" aria-hidden="true">${partsOf(bar, place)}${lines}</span>${figure}</li>`;
  });
  const keys = [
    ...legend.map(({ tone, text }) => `<span><i class="${tone}"></i>${escapeHtml(text)}</span>`),
    ...marks.map(({ text }) => `<span><i class="mark"></i>${escapeHtml(text)}</span>`),
  ].join('');
  return `<div class="chart"><ul class="bars">${rows.join('')}</ul>${keys === '' ? '' : `<p class="keys">${keys}</p>`}</div>`;
}

const lengthOf = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);

function partsOf({ parts }: Bar, place: (value: number) => number): string {
  let from = 0;
  // Nothing is nothing: the least width is for what is there.
  const pieces = parts
    .filter(({ value }) => value > 0)
    .map(({ value, tone }) => {
      const [left, right] = [from === 0 ? 0 : place(from), place(from + value)];
      from += value;
      return `<i class="${tone}" style="left:${percent(left)};width:${percent(right - left)}"></i>`;
    });
  return pieces.join('');
}

const percent = (share: number): string => `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
