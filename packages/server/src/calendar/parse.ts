import { AppError, retryNever } from '@millrace/spi'
import { Cron, type CronOptions } from 'croner'
import type { Schedule } from './schedule.ts'

/** Shortest interval of `@every`: more often is the work of a stream, not of a timer. */
const everyMsMin = 1_000
/** Longest interval: a year. */
const everyMsMax = 366 * 86_400_000

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/**
 * A calendar of six fields, `second minute hour day month weekday`, in a time zone (function-compute sections 5.6 and
 * 8.3). Where clocks go forward over a time it fires right after the gap; where they go back, once.
 *
 * @throws AppError `schedule.invalid`
 */
export function parseCron(fields: string, timeZone: string): Schedule {
  const count = fields.trim().split(/\s+/).length
  if (count !== 6) {
    refuseSchedule(fields, `has ${count} fields; six are wanted: second minute hour day month weekday`)
  }
  const cron = compile(fields.trim(), timeZone)
  return { next: afterMs => cron.nextRun(new Date(afterMs))?.getTime() }
}

/**
 * An interval such as `90s`, `15m` or `1h30m`, counted from the anchor.
 *
 * @throws AppError `schedule.invalid`
 */
export function parseEvery(text: string): Schedule {
  if (!/^(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+$/.test(text)) {
    refuseSchedule(text, 'is no interval; write it as 90s, 15m or 1h30m')
  }
  let everyMs = 0
  for (const [, number, unit] of text.matchAll(/([0-9.]+)(ms|s|m|h)/g)) {
    everyMs += Number(number) * (units[unit ?? ''] ?? 0)
  }
  everyMs = Math.round(everyMs)
  if (everyMs < everyMsMin || everyMs > everyMsMax) {
    refuseSchedule(text, `is ${everyMs} ms; ${everyMsMin} to ${everyMsMax} ms are allowed`)
  }
  return {
    next: (afterMs, anchorMs) =>
      Math.max(anchorMs + everyMs, anchorMs + (Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs),
  }
}

/**
 * A wall-clock time such as `2026-01-01T09:00:00` in a time zone, as milliseconds since the epoch. A time that clocks
 * passed over is the first one after the gap.
 *
 * @throws AppError `schedule.invalid`
 */
export function parseLocalTime(text: string, timeZone: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z?$/.exec(text)
  if (match === null) refuseSchedule(text, 'is no time; write it as 2026-01-01T09:00:00')
  const asUtcMs = Date.parse(`${text.replace(/Z$/, '')}Z`)
  if (Number.isNaN(asUtcMs)) refuseSchedule(text, 'is no date of the calendar')
  if (text.endsWith('Z')) return asUtcMs
  const [, , month, day, hour, minute, second] = match
  const cron = compile(`${second} ${minute} ${hour} ${day} ${month} *`, timeZone)
  // No zone is further than 15 hours from UTC, so the time lies after this one, and within the year.
  const found = cron.nextRun(new Date(asUtcMs - 16 * 3_600_000))
  if (found === null) refuseSchedule(text, 'is no date of the calendar')
  return found.getTime()
}

/** `GMT+8` and `UTC+08:00` are offsets; everything else is a name of the time zone database. */
function zoneOf(timeZone: string): Pick<CronOptions, 'timezone' | 'utcOffset'> {
  const offset = /^(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(timeZone)
  if (offset === null) return { timezone: timeZone }
  const [, sign, hours, minutes = '0'] = offset
  return { utcOffset: (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1) }
}

function compile(fields: string, timeZone: string): Cron {
  try {
    const cron = new Cron(fields, { ...zoneOf(timeZone), mode: '6-part', paused: true })
    // A zone that does not exist is noticed at the first question only.
    cron.nextRun(new Date(0))
    return cron
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return refuseSchedule(`${fields} (${timeZone})`, reason.replace(/^\w+: /, ''))
  }
}

/** Throws `schedule.invalid`. */
export function refuseSchedule(seen: string, reason: string): never {
  const shown = JSON.stringify(seen.slice(0, 120))
  throw new AppError('schedule.invalid', `the schedule ${shown} cannot be used: ${reason}`, retryNever)
}
