/** Keeps a map within its bound: what was put in first goes first. */
export function trimOldest(map: Map<string, unknown>, entriesMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= entriesMax) return;
    map.delete(oldest);
  }
}
