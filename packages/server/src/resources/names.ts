import { Type } from 'typebox'

/**
 * Names of buses, rules, functions: 1 to 127 characters, letters, digits, `-`, `_` and `.`, beginning with a letter
 * or digit (a superset of section 1.3 of the compatible protocol).
 */
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$'

export const Name = Type.String({
  pattern: namePattern,
  description: '1 to 127 letters, digits, `-`, `_`, `.`; begins with a letter or digit',
})

/** The mutable form of a function, which always exists; versions are numbered from 1 (function-compute section 1). */
export const latestVersion = 'LATEST'

/** What a caller names: `LATEST`, the number of a version, or an alias. */
export const Qualifier = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,128}$',
  description: '`LATEST`, the number of a version, or the name of an alias.',
})

/** The bus of the platform's own events: nobody creates, changes, deletes it, or publishes to it. */
export const defaultBusName = 'default'

/** Identity of a bus among all accounts; also the name of its log. */
export function busKey(account: string, bus: string): string {
  return `${account}/${bus}`
}

/** The log in which the endings and attempts of a bus's deliveries are kept. */
export function journalLog(bus: string): string {
  return `${bus}#journal`
}

/** The queue of one target's pending deliveries; a replay has queues of its own. */
export function queueName(bus: string, rule: string, target: string, replay?: string): string {
  return replay === undefined ? `${bus}/${rule}/${target}` : `${bus}/${rule}/${target}@${replay}`
}

/** The cursor up to which a bus has been routed: the next position to route. */
export function pumpCursor(bus: string): string {
  return `pump/${bus}`
}
