/** A count of one set of labels. */
export class CounterCell {
  value = 0;

  add(amount = 1): void {
    if (amount > 0 && amount < Infinity) this.value += amount; // a counter never falls, and never becomes NaN
  }
}
