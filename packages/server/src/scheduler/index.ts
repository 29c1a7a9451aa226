export { createScheduler, type Scheduler, type SchedulerParts, type TimerCall } from './scheduler.ts'
