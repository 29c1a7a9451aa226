/** One member of a group, as its leader sees it. */
export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly topics: readonly string[]
}

/**
 * Shares out the partitions of topics as the `range` assignor of Kafka's own clients does: the members that want a topic stand in
 * order, and each gets a run of neighbouring partitions, the first ones one more where it does not come out even. The same
 * members get the same partitions each time.
 */
export function assignRange(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const assignments = new Map(members.map(({ memberId }) => [memberId, new Map<string, number[]>()]))
  for (const [topic, count] of partitionCounts) {
    const takers = members.filter(({ topics }) => topics.includes(topic)).toSorted(compareMembers)
    let next = 0
    for (const [index, { memberId }] of takers.entries()) {
      const share = Math.floor(count / takers.length) + (index < count % takers.length ? 1 : 0)
      const run = Array.from({ length: share }, (_, i) => next + i)
      if (share > 0) assignments.get(memberId)?.set(topic, run)
      next += share
    }
  }
  return assignments
}

/** Static members stand before the others, by their names, which outlive their ids. */
function compareMembers(a: GroupMember, b: GroupMember): number {
  const [nameA, nameB] = [a.groupInstanceId ?? undefined, b.groupInstanceId ?? undefined]
  if (nameA !== undefined && nameB !== undefined) return compare(nameA, nameB)
  if (nameA !== undefined || nameB !== undefined) return nameA === undefined ? 1 : -1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
