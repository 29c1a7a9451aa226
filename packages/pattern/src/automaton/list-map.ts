/** Adds an item to the list of a key. */
export function addTo<Key, T>(map: Map<Key, T[]>, key: Key, item: T): void {
  const items = map.get(key)
  if (items === undefined) map.set(key, [item])
  else items.push(item)
}

/** Removes one occurrence of an item from the list of a key; an empty list goes with it. */
export function removeFrom<Key, T>(map: Map<Key, T[]>, key: Key, item: T): void {
  const items = map.get(key)
  if (items === undefined) return
  removeItem(items, item)
  if (items.length === 0) map.delete(key)
}

/** Removes one occurrence of an item. */
export function removeItem<T>(items: T[], item: T): void {
  const index = items.indexOf(item)
  if (index !== -1) items.splice(index, 1)
}

export function append<T>(items: readonly T[] | undefined, into: T[]): void {
  if (items !== undefined) for (const item of items) into.push(item)
}
