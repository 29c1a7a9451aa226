/** The tags that a request gives: a map of texts, or a list of keys and values. What is neither counts as none: it is refused when it is read. */
export function requestTags(given: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const pairs: readonly (readonly [unknown, unknown])[] = Array.isArray(given)
    ? given.map(pairOf)
    : Object.entries(given)
  return Object.fromEntries(pairs.filter(isPair))
}

function pairOf(item: unknown): readonly [unknown, unknown] {
  const { Key, Value } = (item ?? {}) as { readonly Key?: unknown; readonly Value?: unknown }
  return [Key, Value]
}

function isPair(pair: readonly [unknown, unknown]): pair is readonly [string, string] {
  return pair.every(text => typeof text === 'string')
}
