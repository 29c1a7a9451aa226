import { type EventText, replaceAttributes, withAttributes } from '@millrace/cloudevents'
import type { Random } from '@millrace/spi'

/**
 * Attribute names that begin with this are the engine's own. A producer's are removed, so that nobody downstream is
 * told a position or an attempt by a stranger. Scan events with this as `watchPrefix`, or they will not be noticed.
 */
export const engineAttributePrefix = 'millrace'

/**
 * The bytes to store: the event as it came, with `time` where it had none and a trace begun where it brought none.
 * Nothing is re-serialised; in the usual case a few bytes are added in the place of the closing brace.
 *
 * `time` is the moment of acceptance as RFC 3339 text, the same for all events of a call; `traceparent` that of the span
 * in which the event is accepted, when spans are recorded.
 */
export function stamp(event: EventText, time: string, random: Random, traceparent?: string): Uint8Array {
  const timeAdded = event.time === undefined ? time : undefined
  const traceAdded = event.traceparent === undefined ? (traceparent ?? newTraceparent(random)) : undefined
  if (!event.appendable) return stampSlowly(event, timeAdded, traceAdded)
  if (timeAdded === undefined && traceAdded === undefined) return event.bytes
  // Both values are ASCII without anything to escape, so the text is the JSON.
  let added = ''
  if (timeAdded !== undefined) added += `,"time":"${timeAdded}"`
  if (traceAdded !== undefined) added += `,"traceparent":"${traceAdded}"`
  return withAttributes(event.bytes, Buffer.from(`${added}}`, 'latin1'))
}

/** For events with attributes that are null or in the engine's own name space: the members are copied one by one. */
function stampSlowly(
  event: EventText,
  time: string | undefined,
  traceparent: string | undefined,
): Uint8Array {
  const added: Record<string, string> = {}
  if (time !== undefined) added['time'] = time
  if (traceparent !== undefined) added['traceparent'] = traceparent
  return replaceAttributes(event.bytes, added, name => name.startsWith(engineAttributePrefix))
}

/** A trace of one event begins here: version 00, random trace and span, sampled (W3C Trace Context, section 3.2). */
function newTraceparent(random: Random): string {
  return `00-${hexWord(random)}${hexWord(random)}${hexWord(random)}${hexWord(random)}-${hexWord(random)}${hexWord(random)}-01`
}

/** 8 hex digits, never all zero: a trace or a span of zeros is invalid. */
function hexWord(random: Random): string {
  const word = 1 + Math.floor(random.next() * 0xffff_ffff)
  return (
    hexPair(word >>> 24) + hexPair((word >>> 16) & 0xff) + hexPair((word >>> 8) & 0xff) + hexPair(word & 0xff)
  )
}

function hexPair(byte: number): string {
  return hexPairs[byte] ?? '00'
}

/** Looked up: `toString(16)` of a number above 31 bits takes five times as long. */
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)
