/** The keys that more than one item has. What a request asks for twice is done for neither: its order would decide. */
export function repeatedKeys<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const item of items) {
    const key = keyOf(item)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}
