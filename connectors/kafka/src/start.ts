import { isTimestamp } from '@millrace/cloudevents'

/** Milliseconds since the epoch of an RFC 3339 time, or undefined. */
export function startTimeMs(text: string): number | undefined {
  if (!isTimestamp(text)) return undefined
  const timeMs = Date.parse(text)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
