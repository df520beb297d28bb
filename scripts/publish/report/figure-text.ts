import { humanBytes } from '../../commands/format.js';

/** `0.42`, `8.1`, `33`: as many digits as tell something. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** An error: `4.8e-7`; nothing off is `0`. */
export function errorText(value: number | null): string {
  if (value === null) return '–';
  if (value === 0) return '0';
  return value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** A share near 1, whose nines are what matters: `0.99997`. */
export const likenessText = (value: number | null): string => (value === null ? '–' : String(Number(value.toFixed(6))));

/** `33.0·n + 0.60 ms`: how long a run of n rows takes. */
export const lineText = ({ aMs, bMs }: { readonly aMs: number; readonly bMs: number }): string =>
  `${figureText(aMs)}·n ${bMs < 0 ? '−' : '+'} ${figureText(Math.abs(bMs))} ms`;

/** `−12 %`, `+3 %`, `same` */
export function changeText(before: number, after: number): string {
  if (before === 0 || after === before) return 'same';
  const percent = (100 * (after - before)) / before;
  const shown = Math.abs(percent) < 1 ? Math.abs(percent).toFixed(1) : Math.abs(percent).toFixed(0);
  return `${percent < 0 ? '−' : '+'}${shown} %`;
}

/** `4.7 MB → 4.8 MB` */
export const beforeAfterText = (before: number, after: number): string =>
  `${humanBytes(before)} → ${humanBytes(after)}`;

export const moneyText = (dollars: number): string => `$${dollars < 1 ? dollars.toFixed(3) : dollars.toFixed(2)}`;
