/** Who there is now, by `account/name`; the snapshot of the resources is one. */
export interface LoginSource {
  readonly users: ReadonlyMap<string, Made>
  readonly roles: ReadonlyMap<string, Made>
}

/** Whoever is deleted and made anew is another one, and has made-at as the sign of it. */
interface Made {
  readonly createdAtMs: number
}
