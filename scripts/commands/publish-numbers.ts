import { InvalidArgumentError } from 'commander';

const mibMax = 65_536;

/** onnxruntime takes 16 MiB of heap to start. */
const mibMin = 17;

/** A size in MiB of what onnxruntime-web runs in. */
export function mib(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (value >= mibMin && value <= mibMax) return value;
  throw new InvalidArgumentError(
    `expected a whole number from ${mibMin} (what onnxruntime needs to start) to ${mibMax}.`,
  );
}

const priceMax = 1_000_000;

/** A price in USD. */
export function price(text: string): number {
  const value = /^\d{1,7}(?:\.\d{1,9})?$/.test(text) ? Number(text) : NaN;
  if (value <= priceMax) return value;
  throw new InvalidArgumentError(`expected a number from 0 to ${priceMax}.`);
}
