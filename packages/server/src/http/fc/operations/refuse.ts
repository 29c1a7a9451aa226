import type { Handler } from '../call.ts'
import { notOffered } from '../refusal.ts'

/** An action whose subject is not here. */
export function refusing(what: string): Handler {
  return () => {
    throw notOffered(what)
  }
}
