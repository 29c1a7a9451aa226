/**
 * What becomes of an action of a compatible interface. `works`: it does here what it does there. `stored`: it is kept and
 * given back, without the effect that it has there. `refused`: it is answered with the interface's own error.
 */
export type Verdict = 'works' | 'stored' | 'refused'

/** One action of a compatible interface. */
export interface CompatibleAction {
  /** As the client of the interface calls it. */
  readonly name: string
  readonly verdict: Verdict
  /** What differs, or why it is refused: a sentence without a full stop. */
  readonly note?: string
}

/**
 * An interface of somebody else's that is spoken here. Each folder below `http/` that has one exports a list of these
 * from its `actions.ts` as `compatibleInterfaces`: routes are registered from it, an end-to-end test with the real client
 * holds it against what the client was answered, and `docs/reference/compatibility.md` is generated from it.
 */
export interface CompatibleInterface {
  readonly title: string
  /** The client with which the table is tested, with its version. */
  readonly client: string
  /** Path of the guide below `docs/`. */
  readonly guide?: string
  readonly actions: readonly CompatibleAction[]
}
