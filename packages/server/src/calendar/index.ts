export { calendarErrors } from './errors.ts'
export { parseCron, parseEvery, parseLocalTime } from './parse.ts'
export { parseTimerSchedule, type Schedule } from './schedule.ts'
