/** Makes texts unreadable for whoever has the documents alone, and readable again. Equal texts may seal alike. */
export interface Secrets {
  seal(text: string): string
  /** Throws `secret.unreadable` for what was sealed with another key. */
  open(text: string): string
}

/** Members of specs whose values never lie in a document in the clear: `foreign` holds whatever an interface was told. */
const sealedMembers = ['environment', 'auth', 'foreign'] as const

/** What is stored of a resource: the members of its spec that are nobody's business are one sealed text. */
type StoredRecord<Stored> = Stored & { readonly sealed?: string }

interface WithSpec {
  readonly spec: object
}

/**
 * The record as it is stored. The members are sealed together, as JSON: a value that happens to look like a sealed
 * text is thereby just a value.
 */
export function sealRecord<Stored extends WithSpec>(record: Stored, secrets: Secrets): StoredRecord<Stored> {
  const spec: Record<string, unknown> = { ...record.spec }
  const hidden: Record<string, unknown> = {}
  for (const member of sealedMembers) {
    if (holdsNothing(spec[member])) continue
    hidden[member] = spec[member]
    delete spec[member]
  }
  if (Object.keys(hidden).length === 0) return record
  return { ...record, spec, sealed: secrets.seal(JSON.stringify(hidden)) }
}

/** The record as it was before it was sealed; one that was stored in the clear stays as it is. */
export function openRecord<Stored extends WithSpec>(stored: StoredRecord<Stored>, secrets: Secrets): Stored {
  const { sealed, ...record } = stored
  if (sealed === undefined) return stored
  const hidden = JSON.parse(secrets.open(sealed)) as object
  return { ...record, spec: { ...record.spec, ...hidden } } as unknown as Stored
}

/** Nothing but a kind, as `{ kind: 'signature' }` is, keeps no secret; sealing it would only make the start longer. */
function holdsNothing(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'object' && value !== null && Object.keys(value).every(key => key === 'kind')
}
