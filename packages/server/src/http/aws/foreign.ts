import { isObject } from './operation.ts'

/** Under this name a resource keeps what only this interface understands. */
export const foreignName = 'aws'

/** What a resource kept for this interface; empty where it was written by another. */
export function foreignOf(
  foreign: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const kept = foreign?.[foreignName]
  return isObject(kept) ? kept : {}
}

/** What a resource keeps, with some members changed; `undefined` takes one away. Nothing is left when none is. */
export function withForeign(
  foreign: Readonly<Record<string, unknown>> | undefined,
  changed: Readonly<Record<string, unknown>>,
): { foreign?: Record<string, unknown> } {
  const kept = Object.entries({ ...foreignOf(foreign), ...changed }).filter(
    ([, value]) => value !== undefined,
  )
  const { [foreignName]: _ours, ...others } = foreign ?? {}
  const all = kept.length === 0 ? others : { ...others, [foreignName]: Object.fromEntries(kept) }
  return Object.keys(all).length === 0 ? {} : { foreign: all }
}

/** Longest description that the platform has room for; a longer one is kept whole beside it. */
const innerDescriptionMax = 255

export function innerDescription(description: string | undefined): string {
  return (description ?? '').slice(0, innerDescriptionMax).toWellFormed()
}

/** The description as it was written, unless another interface has changed it since. */
export function outerDescription(inner: string, kept: Readonly<Record<string, unknown>>): string | undefined {
  const { Description } = kept
  const isOurs = typeof Description === 'string' && innerDescription(Description) === inner
  const found = isOurs ? Description : inner
  return found === '' ? undefined : found
}
