import { isObject } from '../call.ts'

/** Under this name a resource keeps what only this interface understands. */
export const foreignName = 'fc'

export type Foreign = Readonly<Record<string, unknown>> | undefined

/** What a resource kept for this interface; empty where it was written by another. */
export function foreignOf(foreign: Foreign): Record<string, unknown> {
  const kept = foreign?.[foreignName]
  return isObject(kept) ? kept : {}
}

/** What other interfaces keep stays; what this one keeps is replaced. Members that are `undefined` are left out. */
export function withForeign(
  foreign: Foreign,
  kept: Readonly<Record<string, unknown>>,
): { foreign?: Record<string, unknown> } {
  const members = Object.entries(kept).filter(([, value]) => value !== undefined)
  const { [foreignName]: _, ...others } = foreign ?? {}
  const all = members.length === 0 ? others : { ...others, [foreignName]: Object.fromEntries(members) }
  return Object.keys(all).length === 0 ? {} : { foreign: all }
}

/** The members of an input that have the given names, where they are there. */
export function picked(
  input: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(names.flatMap(name => (input[name] === undefined ? [] : [[name, input[name]]])))
}
