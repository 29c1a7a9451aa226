/** A document of the policy language as it is generated. */
export interface GeneratedPolicy {
  readonly Version: '1'
  readonly Statement: readonly {
    readonly Effect: 'Allow'
    readonly Action: string
    readonly Resource: readonly string[]
  }[]
}

/** The policy that allows exactly these accesses, one statement for each action; `undefined` when there are none to allow. */
export function leastPrivilege(
  accesses: readonly { readonly action: string; readonly resource: string }[],
): GeneratedPolicy | undefined {
  const resources = new Map<string, string[]>()
  for (const { action, resource } of accesses) {
    const known = resources.get(action) ?? []
    resources.set(action, known.includes(resource) ? known : [...known, resource])
  }
  if (resources.size === 0) return undefined
  const statements = [...resources].map(
    ([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }) as const,
  )
  return { Version: '1', Statement: statements }
}
