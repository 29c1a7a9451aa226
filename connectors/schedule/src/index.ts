import { defineConnector } from '@millrace/spi'
import { CronCalendar, parseCron } from './calendar.ts'
import { ScheduleSourceOptions } from './options.ts'
import { ScheduleSource } from './source.ts'

export type { Calendar } from './calendar.ts'
export type { ScheduleSourceOptions } from './options.ts'
export { ScheduleSource } from './source.ts'

/** An event at each time of a calendar. */
export const connector = defineConnector({
  system: 'schedule',
  title: 'Schedule',
  source: {
    options: ScheduleSourceOptions,
    // A second task would fire once more.
    tasksMax: 1,
    ordered: true,
    check: options => {
      // The host hands over options that fit the schema; the type of the contract cannot say so.
      const { schedule, timeZone } = options as ScheduleSourceOptions
      parseCron(schedule, timeZone)
    },
    open: (options, context) => {
      const known = options as ScheduleSourceOptions
      return new ScheduleSource(known, context, new CronCalendar(known, context.clock))
    },
  },
})
