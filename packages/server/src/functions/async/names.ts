import { busKey, latestVersion } from '../../resources/index.ts'

/** Name of the bus that the calls of an account wait in. No user can write it: names begin with a letter or digit. */
export const callBusName = '$calls'

/** Attribute by which an event of the hidden bus finds its rule. */
export const ruleAttribute = 'millracerule'

/** The one target of each rule of the hidden bus. */
export const targetId = 'only'

/** Stands for all qualifiers without a setting of their own. */
const otherQualifiers = '*'

/** Sinks that rules of users cannot name, since no connector is called so: what happens inside. */
export const internalSinks = {
  /** Invokes the function of a call. */
  call: '$call',
  /** Ends a call that has failed for good. */
  ended: '$ended',
  /** Tells a destination how a call ended. */
  destination: '$destination',
} as const

/** Rule of the calls by a qualifier with a setting of its own, or, without one, of all others. */
export function callRule(name: string, qualifier: string | undefined): string {
  return `${name}@${qualifier ?? otherQualifiers}`
}

export type OutcomeKind = 'succeeded' | 'failed'

/** Rule of the outcomes of one kind of a call rule's calls. */
export function outcomeRule(rule: string, kind: OutcomeKind): string {
  return `${rule}>${kind}`
}

/** What a call rule is for; `undefined` for other names. Names of functions have no `@`, qualifiers neither `@` nor `>`. */
export function parseCallRule(
  rule: string,
): { readonly name: string; readonly qualifier: string | undefined } | undefined {
  const match = /^([^@>]+)@([^@>]+)$/.exec(rule)
  if (match === null) return undefined
  const [, name = '', qualifier = ''] = match
  return { name, qualifier: qualifier === otherQualifiers ? undefined : qualifier }
}

export function callBusKey(account: string): string {
  return busKey(account, callBusName)
}

export function qualifierOf(qualifier: string | undefined): string {
  return qualifier === undefined || qualifier === '' ? latestVersion : qualifier
}
