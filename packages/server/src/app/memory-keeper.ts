import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * After a burst V8 keeps the memory of its garbage for the next one: a server that has routed a million deliveries and
 * then waits would hold 200 MB for nothing. V8 collects by itself only when it sees little allocation, and by its own
 * measure, which looks back at the burst, that is not soon. So a quiet server asks for it.
 */
export interface MemoryState {
  /** Bytes that the heap holds and does not use. */
  readonly slackBytes: number
  /** Share of the last period in which the event loop was busy, 0 to 1. */
  readonly utilization: number
  /** Time since the last collection that was asked for; infinite before the first. */
  readonly sinceCollectionMs: number
}

/** Below it a collection is not worth its pause. */
export const slackBytesMin = 24 * 1024 * 1024
/**
 * A collection takes some 100 ms in which nothing else happens, so it has to be likely that nothing wants to: at 40 calls
 * of functions a second, which is a twentieth of the event loop's time, it would be four calls that wait.
 */
export const utilizationMax = 0.02
export const collectionEveryMsMin = 30_000

/**
 * Whether memory should be given back now: when there is much to gain, and once after the start, which leaves more
 * garbage than the heap's own figures show. Pure.
 */
export function shouldCollect({ slackBytes, utilization, sinceCollectionMs }: MemoryState): boolean {
  if (utilization > utilizationMax) return false
  const isFirst = sinceCollectionMs === Number.POSITIVE_INFINITY
  return isFirst || (slackBytes >= slackBytesMin && sinceCollectionMs >= collectionEveryMsMin)
}

/** Looks at the heap from time to time and collects when it should. To be asked every few seconds. */
export function memoryKeeper(): () => Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => Promise<void>
  let collectedAtMs = Number.NEGATIVE_INFINITY
  let loop = performance.eventLoopUtilization()
  return async () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, loop)
    loop = now
    const heap = getHeapStatistics()
    const slackBytes = heap.total_physical_size - heap.used_heap_size
    const sinceCollectionMs = performance.now() - collectedAtMs
    if (!shouldCollect({ slackBytes, utilization, sinceCollectionMs })) return
    collectedAtMs = performance.now()
    await collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
  }
}
