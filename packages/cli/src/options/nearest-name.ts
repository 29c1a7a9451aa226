/** The known name that is closest in spelling, if one is close enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const distances = known.map(
    candidate => [distance(name.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  )
  const [best] = distances.toSorted(([left], [right]) => left - right)
  return best !== undefined && best[0] <= Math.max(2, Math.floor(name.length / 3)) ? best[1] : undefined
}

/** Letters to put in, leave out or change, to make one text of the other. */
function distance(from: string, to: string): number {
  const row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    let diagonal = row[0] ?? 0
    row[0] = i
    for (let j = 1; j <= to.length; j++) {
      const above = row[j] ?? 0
      const kept = from[i - 1] === to[j - 1] ? diagonal : diagonal + 1
      row[j] = Math.min(above + 1, (row[j - 1] ?? 0) + 1, kept)
      diagonal = above
    }
  }
  return row[to.length] ?? 0
}
