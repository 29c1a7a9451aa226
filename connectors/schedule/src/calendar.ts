import { type Clock, delayMsMax, sleep } from '@millrace/spi'
import { Cron, type CronOptions } from 'croner'
import { scheduleInvalid } from './errors.ts'
import type { ScheduleSourceOptions } from './options.ts'

/** When something is due, and what is said then. */
export interface Calendar {
  /** Resolves with the time of the first firing after `afterMs`, once it is due. Rejects with the signal's reason. */
  due(afterMs: number, signal: AbortSignal): Promise<number>
  /** The JSON text of the data of a firing. */
  dataOf(atMs: number): string
}

/** The calendar of the options, by the clock of the host. Throws `options.invalid`. */
export class CronCalendar implements Calendar {
  readonly #cron: Cron
  readonly #clock: Clock
  readonly #data: string

  constructor(options: Pick<ScheduleSourceOptions, 'schedule' | 'timeZone' | 'userData'>, clock: Clock) {
    const { schedule, timeZone, userData } = options
    this.#cron = parseCron(schedule, timeZone)
    this.#clock = clock
    const named = `{"TimeZone":${JSON.stringify(timeZone)},"Schedule":${JSON.stringify(schedule)}`
    this.#data = userData === undefined ? `${named}}` : `${named},"UserData":${jsonOf(userData)}}`
  }

  async due(afterMs: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      const atMs = this.#cron.nextRun(new Date(afterMs))?.getTime()
      const waitMs = atMs === undefined ? delayMsMax : atMs - this.#clock.nowMs()
      if (atMs !== undefined && waitMs <= 0) return atMs
      await sleep(this.#clock, Math.min(waitMs, delayMsMax), signal)
    }
  }

  dataOf(): string {
    return this.#data
  }
}

/** Throws `options.invalid`. */
export function parseCron(schedule: string, timeZone: string): Cron {
  const fields = schedule.trim().split(/\s+/)
  if (fields.length !== 6) {
    throw scheduleInvalid(
      `it has ${fields.length} fields; six are wanted: second minute hour day month weekday`,
    )
  }
  try {
    const cron = new Cron(fields.join(' '), { ...zoneOf(timeZone), mode: '6-part', paused: true })
    // A zone that does not exist is noticed at the first question only.
    cron.nextRun(new Date(0))
    return cron
  } catch (thrown) {
    throw scheduleInvalid(thrown)
  }
}

/** `GMT+8:00` is an offset; everything else is a name of the time zone database. */
function zoneOf(timeZone: string): Pick<CronOptions, 'timezone' | 'utcOffset'> {
  const offset = /^(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(timeZone)
  if (offset === null) return { timezone: timeZone }
  const [, sign, hours, minutes = '0'] = offset
  return { utcOffset: (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1) }
}

function jsonOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return JSON.stringify(text)
  }
}
