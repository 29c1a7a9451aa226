/**
 * Loaded into the server of a load test, before its own program: appends to a file, every so often, how long the event
 * loop was held up since. The harness reads it: what holds up the loop holds up every call.
 */
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const everyMs = 500
const resolutionMs = 2
// oxlint-disable-next-line node/no-process-env -- it has no other way to be told
const path = process.env['LOOP_DELAYS_PATH']
if (path !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  setInterval(() => {
    // Nanoseconds, and with the pause between two samples, which is no delay.
    const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs)
    const line = {
      atMs: Date.now(),
      p99Ms: delayMs(histogram.percentile(99)),
      mostMs: delayMs(histogram.max),
    }
    histogram.reset()
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  }, everyMs).unref()
}
