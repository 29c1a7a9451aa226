import { invalid } from './refusal.ts'

/**
 * A `ScheduleExpression` as a calendar of six fields, second to weekday, in UTC (section 10.4 of the AWS protocol). A rate is
 * counted by the clock and not from the moment at which the rule was made, so it must divide an hour or a day. Throws
 * `ValidationException`.
 */
export function calendarOf(expression: string): string {
  const [, kind, inside = ''] = /^(rate|cron)\(([^()]*)\)$/.exec(expression.trim()) ?? []
  if (kind === 'rate') return rateCalendar(inside.trim())
  if (kind === 'cron') return cronCalendar(inside.trim())
  throw notValid('it is rate(…) or cron(…)')
}

function rateCalendar(text: string): string {
  const [, digits = '', unit = '', plural] = /^([1-9]\d{0,5}) (minute|hour|day)(s?)$/.exec(text) ?? []
  const count = Number(digits)
  if (digits === '' || (count === 1) !== (plural === '')) {
    throw notValid('a rate is like rate(1 hour) or rate(5 minutes)')
  }
  const minutes = count * (minutesOf[unit] ?? 1)
  if (minutes < 60 && 60 % minutes === 0) return `0 */${minutes} * * * *`
  const hours = minutes / 60
  if (hours < 24 && 24 % hours === 0) return `0 0 */${hours} * * *`
  if (hours === 24) return '0 0 0 * * *'
  throw notValid('here a rate must divide an hour or a day; use cron(…) for others')
}

const minutesOf: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1_440 }

function cronCalendar(text: string): string {
  const fields = text.split(/\s+/)
  if (fields.length !== 6) throw notValid(`a cron has six fields, this one ${fields.length}`)
  const [minute, hour, day = '', month, weekday = '', year] = fields
  if ((day === '?') === (weekday === '?')) {
    throw notValid('exactly one of day of the month and day of the week is ?')
  }
  if (year !== '*') throw notValid('here the year must be *')
  const days = day === '?' ? '*' : stepped(day, 31)
  return ['0', stepped(minute, 59), stepped(hour, 23), days, stepped(month, 12), weekdays(weekday)].join(' ')
}

/** `0/15` is every fifteenth from 0 to the last one, which a calendar writes as a range. */
function stepped(field = '', last: number): string {
  return field.replaceAll(/(?<=^|,)(\d+)\/(\d+)(?=,|$)/g, `$1-${last}/$2`)
}

/** Days of the week are numbered from 1, which is Sunday; in a calendar Sunday is 0. */
function weekdays(field: string): string {
  if (field === '?') return '*'
  return stepped(field, 7)
    .split(',')
    .map(item => {
      const [range = '', step] = item.split('/')
      const last = /^([1-7])L$/.exec(range)?.[1]
      const shifted =
        range === 'L'
          ? '6'
          : last === undefined
            ? range.replace(/^([1-7])(?:-([1-7]))?(?=#|$)/, shiftedRange)
            : `${Number(last) - 1}#L`
      return step === undefined ? shifted : `${shifted}/${step}`
    })
    .join(',')
}

function shiftedRange(_whole: string, from: string, to: string | undefined): string {
  const first = String(Number(from) - 1)
  return to === undefined ? first : `${first}-${Number(to) - 1}`
}

function notValid(reason: string) {
  return invalid(`Parameter ScheduleExpression is not valid. Reason: ${reason}.`)
}
