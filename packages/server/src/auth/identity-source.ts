/** The documents of identity as they are now, by `account/name`; the snapshot of the resources is one. */
export interface IdentitySource {
  readonly users: ReadonlyMap<string, Holder<{ readonly groups: readonly string[] }>>
  readonly groups: ReadonlyMap<string, Holder>
  readonly roles: ReadonlyMap<string, RoleHolder>
  readonly policies: ReadonlyMap<string, { readonly spec: { readonly document: object } }>
  /** By id. */
  readonly accessKeys: ReadonlyMap<string, SealedKey>
}

/** Whoever has policies. */
interface Holder<Further extends object = object> {
  readonly spec: Further & { readonly policies: readonly string[] }
}

export interface RoleHolder extends Holder<{ readonly trust: object; readonly sessionSecondsMax: number }> {
  readonly account: string
  readonly name: string
  readonly createdAtMs: number
}

/** A key of a user, its secret sealed. */
export interface SealedKey {
  readonly id: string
  readonly account: string
  readonly user: string
  readonly disabled: boolean
  readonly sealedSecret: string
}
