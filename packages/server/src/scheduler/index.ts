export { schedulerErrors } from './errors.ts'
export { createScheduler, type Scheduler, type SchedulerParts, type TimerCall } from './scheduler.ts'
