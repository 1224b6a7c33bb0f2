// stores/memory: imports core, contracts and this folder only.

/** Index of the first entry after a place in the order; the entries are in order, so half of them go at each step. */
export function findAfter(entries: readonly { readonly sequence: number }[], sequence: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.sequence ?? Infinity) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}
