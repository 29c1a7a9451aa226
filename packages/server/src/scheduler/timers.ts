import { parseTimerSchedule, type Schedule } from '../calendar/index.ts'
import type { FunctionView, Snapshot } from '../resources/index.ts'

/** An enabled timer trigger of a function. */
export interface Timer {
  /** `account/function/trigger`. */
  readonly key: string
  readonly account: string
  readonly functionName: string
  readonly trigger: string
  readonly qualifier: string | undefined
  /** As written: a changed text starts the timer anew. */
  readonly text: string
  readonly schedule: Schedule
  readonly payload: string
}

/** Where a timer stands. Stored, so that a restart goes on where the process ended. */
export interface TimerState {
  readonly text: string
  /** From when intervals count. */
  readonly anchorMs: number
  /** The last time that was served; nothing before it is due any more. */
  readonly servedMs: number
}

export interface DueTime {
  /** The time of the schedule that is served. */
  readonly atMs: number
  /** Earlier times that nobody served and that are passed over: a timer fires once for all that it has missed. */
  readonly missed: number
}

/** Times that are counted as missed at most; more is only said to be more. */
const missedMax = 1_000

/** The enabled timers of a function. Schedules were checked when they were written. */
export function timersOf(view: FunctionView): Timer[] {
  const timers: Timer[] = []
  for (const [trigger, { spec }] of view.triggers) {
    if (spec.kind !== 'timer' || !spec.enabled) continue
    timers.push({
      key: `${view.key}/${trigger}`,
      account: view.account,
      functionName: view.name,
      trigger,
      qualifier: spec.qualifier,
      text: spec.schedule,
      schedule: parseTimerSchedule(spec.schedule),
      payload: spec.payload,
    })
  }
  return timers
}

/** Functions that are not the same as before; with the second set, those that are gone. */
export function changedFunctions(
  next: Snapshot,
  previous: Snapshot | undefined,
): { changed: FunctionView[]; gone: string[] } {
  const changed: FunctionView[] = []
  for (const [key, view] of next.functions) {
    if (previous?.functions.get(key)?.triggers !== view.triggers) changed.push(view)
  }
  const gone = [...(previous?.functions.keys() ?? [])].filter(key => !next.functions.has(key))
  return { changed, gone }
}

/** What is due now: the latest time that has come since the last one that was served. */
export function dueTime(timer: Timer, state: TimerState, nowMs: number): DueTime | undefined {
  let atMs = timer.schedule.next(state.servedMs, state.anchorMs)
  if (atMs === undefined || atMs > nowMs) return undefined
  for (let missed = 0; missed < missedMax; missed++) {
    const laterMs = timer.schedule.next(atMs, state.anchorMs)
    if (laterMs === undefined || laterMs > nowMs) return { atMs, missed }
    atMs = laterMs
  }
  // So many that nobody counts them: the present is served, and the schedule goes on from here.
  return { atMs: nowMs, missed: missedMax }
}

/** The event of a timer trigger (function-compute section 8.3). */
export function timerEvent(timer: Timer, atMs: number): Uint8Array {
  const triggerTime = new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const event = { triggerTime, triggerName: timer.trigger, payload: timer.payload }
  return Buffer.from(JSON.stringify(event))
}
