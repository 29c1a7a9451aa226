/** How one test ended. */
export interface TestRecord {
  readonly project: string
  /** Path of the test file from the repository's root. */
  readonly path: string
  /** Name without the names of the groups around it. */
  readonly name: string
  readonly fullName: string
  readonly state: 'passed' | 'failed' | 'skipped'
  /** What `context.skip(reason)` was given. */
  readonly reason: string | undefined
}

/** Something that went wrong outside a test: a file that did not load, an error nobody caught, a census that fails. */
export interface Trouble {
  readonly where: string
  readonly what: string
}

export interface RunOutcome {
  readonly records: readonly TestRecord[]
  readonly troubles: readonly Trouble[]
}
