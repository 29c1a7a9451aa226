import { parseCron, parseEvery, refuseSchedule } from './parse.ts'

/** When something is due, again and again. Pure: asks no clock. */
export interface Schedule {
  /**
   * The first time after `afterMs`, in milliseconds since the epoch; `undefined` when there is none. Intervals count
   * from `anchorMs`, so that two nodes and two lives of a server agree on them; calendars do not look at it.
   */
  next(afterMs: number, anchorMs: number): number | undefined
}

/**
 * The schedule of a timer trigger (function-compute section 8.3): `@every 1h30m`, or six fields, in UTC unless
 * `CRON_TZ=Area/City` stands before them.
 *
 * @throws AppError `schedule.invalid` with the place and the reason
 */
export function parseTimerSchedule(text: string): Schedule {
  const trimmed = text.trim()
  if (trimmed.startsWith('@every ')) return parseEvery(trimmed.slice('@every '.length).trim())
  if (trimmed.startsWith('@')) refuseSchedule(text, 'of the short forms only "@every 1h30m" is known')
  const zoned = /^CRON_TZ=(?<zone>\S+)\s+(?<fields>.*)$/s.exec(trimmed)
  return parseCron(zoned?.groups?.['fields'] ?? trimmed, zoned?.groups?.['zone'] ?? 'UTC')
}
