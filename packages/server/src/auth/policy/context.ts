/** What is known of a request besides who, what and on which: values by key of conditions, in the form of `conditionKey`. */
export type ConditionContext = (key: string) => readonly string[] | undefined

/** Keys have no case, but what follows a slash has: `acs:ResourceTag/Team` (identity section 2.3). */
export function conditionKey(name: string): string {
  const slash = name.indexOf('/')
  return slash < 0 ? name.toLowerCase() : name.slice(0, slash).toLowerCase() + name.slice(slash)
}

/** A context of values that are there already. */
export function contextOf(values: Readonly<Record<string, string | readonly string[]>>): ConditionContext {
  const known = new Map(
    Object.entries(values).map(([name, value]) => [
      conditionKey(name),
      typeof value === 'string' ? [value] : value,
    ]),
  )
  return key => known.get(key)
}
