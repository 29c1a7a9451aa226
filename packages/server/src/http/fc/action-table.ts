import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'

/** An action with the route that does it. */
export interface FcAction extends CompatibleAction {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the version of the interface, with parameters as `:name`. */
  readonly path: string
  /** Another route of the same action, where the versions of a generation differ. */
  readonly also?: { readonly method: FcAction['method']; readonly path: string }
}

export interface FcInterface extends CompatibleInterface {
  readonly actions: readonly FcAction[]
}
