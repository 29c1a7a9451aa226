import { type Outcome, ok } from '@millrace/spi'
import { itemFailed, replyInvalid } from './errors.ts'
import type { Unit } from './unit.ts'

/** A longer reply is not looked through for failures. */
const replyBytesMax = 4_194_304

/**
 * What the outcome of a batch that was one record says of each unit. A reply of the form
 * `{"batchItemFailures": [{"itemIdentifier": "<event id>"}]}` fails just these; one that names an event which was
 * not in the batch fails all, since nobody can tell what was meant.
 */
export function expandOutcome(units: readonly Unit[], outcome: Outcome): Outcome[] {
  if (outcome.status === 'failed' || outcome.reply === undefined) return units.map(() => outcome)
  const names = failedItems(outcome.reply)
  if (names === undefined) return units.map(() => ok)
  const known = new Set(units.map(({ id }) => id))
  if (names === 'unreadable' || names.some(name => !known.has(name))) {
    const reason = names === 'unreadable' ? 'they are no list of item identifiers' : 'one is not of the batch'
    const error = replyInvalid(reason)
    return units.map(() => ({ status: 'failed', error }))
  }
  const failed = new Set(names)
  return units.map(({ id }) => (failed.has(id) ? { status: 'failed', error: itemFailed() } : ok))
}

/** `undefined` when the reply says nothing of items. */
function failedItems(reply: Uint8Array): readonly string[] | 'unreadable' | undefined {
  if (reply.length > replyBytesMax) return undefined
  const text = Buffer.from(reply.buffer, reply.byteOffset, reply.length)
  if (!text.includes('"batchItemFailures"')) return undefined
  const items = member(parse(text.toString()), 'batchItemFailures')
  if (items === undefined || items === null) return undefined
  if (!Array.isArray(items)) return 'unreadable'
  const names = items.map((item: unknown) => member(item, 'itemIdentifier'))
  return names.every(name => typeof name === 'string') ? names : 'unreadable'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
