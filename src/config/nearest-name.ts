const NAME_CHARACTERS_MAX = 128

/** The known name with the fewest edits to `name`, if these are few enough for a typing error. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length > NAME_CHARACTERS_MAX) return undefined
  let best: string | undefined
  let bestEdits = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const edits = editDistance(name, candidate)
    if (edits >= bestEdits) continue
    best = candidate
    bestEdits = edits
  }
  return best
}

/** Levenshtein's distance, in one row. */
function editDistance(from: string, to: string): number {
  const row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    let diagonal = row[0]!
    row[0] = i
    for (let j = 1; j <= to.length; j++) {
      const above = row[j]!
      const substitution = diagonal + (from[i - 1] === to[j - 1] ? 0 : 1)
      row[j] = Math.min(above + 1, row[j - 1]! + 1, substitution)
      diagonal = above
    }
  }
  return row[to.length]!
}
