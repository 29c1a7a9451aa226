import type { LogLine, LogQuery, LogRing } from './log-ring.ts'

/** Lines that wait for one slow reader; the oldest are dropped, and the gap in `sequence` shows it. */
const waitingLinesMax = 1_000

/** Kept lines that fit the query, then new ones as they come, until the signal aborts. Ends then; does not throw. */
export async function* tail(ring: LogRing, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const waiting = ring.read(query).slice(-waitingLinesMax)
  let wake: (() => void) | undefined
  using _listener = ring.listen(line => {
    if (query.requestId !== undefined && line.requestId !== query.requestId) return
    waiting.push(line)
    if (waiting.length > waitingLinesMax) waiting.shift()
    wake?.()
  })
  const onAbort = (): void => wake?.()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      const line = waiting.shift()
      if (line !== undefined) {
        yield line
        continue
      }
      await new Promise<void>(resolve => {
        wake = resolve
      })
      wake = undefined
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
