import { isObject } from './action.ts'

/** Under this name a resource keeps what only this interface understands. */
export const foreignName = 'eventbridge'

/** What a resource kept for this interface; empty where it was written by another. */
export function foreignOf(foreign: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const kept = foreign?.[foreignName]
  return isObject(kept) ? kept : {}
}

/** The part of a spec that keeps the members which have no place in the engine; empty when there are none. */
export function keptMembers(
  input: Readonly<Record<string, unknown>>,
  mapped: readonly string[],
): { foreign?: Record<string, unknown> } {
  const kept = Object.entries(input).filter(([name]) => !mapped.includes(name))
  return kept.length === 0 ? {} : { foreign: { [foreignName]: Object.fromEntries(kept) } }
}
