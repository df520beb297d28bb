import { InvalidArgumentError } from 'commander';

const mibMax = 65_536;

/** A size in MiB. */
export function mib(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= mibMax) return value;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${mibMax}.`);
}

const priceMax = 1_000_000;

/** A price in USD. */
export function price(text: string): number {
  const value = /^\d{1,7}(?:\.\d{1,9})?$/.test(text) ? Number(text) : NaN;
  if (value <= priceMax) return value;
  throw new InvalidArgumentError(`expected a number from 0 to ${priceMax}.`);
}
