/** Six decimals are what two machines agree on at best; more only make answers longer. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
