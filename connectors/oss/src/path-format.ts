import type { OutgoingRecord } from '@millrace/spi'

/** Makes the path of a record, from its time in milliseconds. */
export type PathFormat = (record: Pick<OutgoingRecord, 'type' | 'source'>, timeMs: number) => string

type Part = (record: Pick<OutgoingRecord, 'type' | 'source'>, clock: Clock) => string

/** What a clock in the time zone shows, two or four digits each. */
interface Clock {
  readonly yyyy: string
  readonly MM: string
  readonly dd: string
  readonly HH: string
  readonly mm: string
}

const minuteMs = 60_000

/** Minutes that are remembered; events of one batch fall into few. */
const minutesMax = 1_000

const digits = /yyyy|MM|dd|HH|mm/g
const timePattern = /^(?:yyyy|MM|dd|HH|mm|[-_/.:T])+$/

/**
 * Compiles the path that keys begin with: `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{mm}`, several of them between the same braces, and
 * `{type}` and `{source}`, in which a slash becomes a `-`. Throws a plain sentence for anything else between braces, and for a time
 * zone that is not known.
 */
export function compilePath(format: string, timeZone: string): PathFormat {
  const clockOf = zoneClock(timeZone)
  const parts = format.split(/(\{[^{}]*\})/).map(part)
  return (record, timeMs) => {
    const clock = clockOf(timeMs)
    return parts
      .map(made => made(record, clock))
      .join('')
      .replaceAll(/^\/+|\/+$/g, '')
  }
}

function part(text: string): Part {
  const name = /^\{(.*)\}$/.exec(text)?.[1]
  if (name === undefined) {
    if (/[{}]/.test(text)) throw new Error('has a brace without its other one')
    return () => text
  }
  if (name === 'type' || name === 'source') return record => step(record[name])
  if (timePattern.test(name)) {
    return (_record, clock) => name.replaceAll(digits, found => clock[found as keyof Clock])
  }
  throw new Error(`has {${name}}; there are {yyyy}, {MM}, {dd}, {HH}, {mm}, {type} and {source}`)
}

/** One step of a path, whatever the text is. */
function step(text: string): string {
  const made = text.replaceAll('/', '-').slice(0, 128)
  return made === '' || made === '.' || made === '..' ? '-' : made
}

function zoneClock(timeZone: string): (timeMs: number) => Clock {
  const two = '2-digit'
  const options = { year: 'numeric', month: two, day: two, hour: two, minute: two, hourCycle: 'h23' } as const
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { ...options, calendar: 'iso8601', timeZone })
  } catch {
    throw new Error(`is no time zone: ${timeZone}`)
  }
  const known = new Map<number, Clock>()
  return timeMs => {
    const minute = Math.floor(timeMs / minuteMs)
    const found = known.get(minute)
    if (found !== undefined) return found
    if (known.size >= minutesMax) known.clear()
    const parts = Object.fromEntries(
      format.formatToParts(minute * minuteMs).map(({ type, value }) => [type, value]),
    )
    const { year = '', month = '', day = '', hour = '', minute: minutes = '' } = parts
    const clock = { yyyy: year.padStart(4, '0'), MM: month, dd: day, HH: hour, mm: minutes }
    known.set(minute, clock)
    return clock
  }
}
