import { type Clock, type Delivery, type LogEntry, type PluginLog, type Queue, sleep } from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import { repeatUntilDone } from './repeat.ts'

/** A range of a bus's log that is routed once more, into queues that `select` chooses. */
export interface BoundedRead {
  /** Name of the cursor that says how far it has come; moved in one transaction with what is put. */
  readonly cursorName: string
  readonly bus: string
  readonly from: number
  /** First position that is not read any more. */
  readonly to: number
  /** Deliveries put per second at most; `undefined` for no limit. */
  readonly ratePerSecondMax: number | undefined
  /** What the entries of one step give rise to, and how many of them matched. Pure. */
  select(entries: readonly LogEntry[]): { readonly put: readonly Put[]; readonly matched: number }
  /**
   * Waited for before what was selected is put; what it returns is called when that is visible, or was not put. Without
   * it the queues are known to the next start in another way.
   */
  admit?(queues: readonly string[], signal: AbortSignal): Promise<() => void>
  /** Called when the deliveries of a step are visible. */
  onStep(step: { readonly put: readonly Put[]; readonly cursor: number; readonly matched: number }): void
}

export interface Put {
  readonly queue: string
  readonly delivery: Delivery
}

export interface BoundedReadParts {
  readonly logs: EventLogs
  readonly queue: Queue
  readonly clock: Clock
  readonly log: PluginLog
}

const stepEntriesMax = 512
const stepBytesMax = 4 * 1024 * 1024
/** Steps that a rate-limited read makes in a second, roughly. */
const stepsPerSecond = 10

/** Name of the cursor beside a read's own in which the events that matched are counted. */
export function matchedCursor(cursorName: string): string {
  return `${cursorName}#matched`
}

/**
 * Reads from where it stood to its end, step by step. Survives a restart, since position and count are cursors; a
 * failing storage makes it wait. Rejects only when `signal` aborts.
 */
export async function readBounded(
  read: BoundedRead,
  parts: BoundedReadParts,
  signal: AbortSignal,
): Promise<void> {
  const { queue, clock, log } = parts
  const repeat = <Result>(work: () => Promise<Result>): Promise<Result> =>
    repeatUntilDone(work, clock, signal, ({ code }) => {
      log.warn('reading a range failed; it will be repeated', {
        bus: read.bus,
        cursor: read.cursorName,
        code,
      })
    })
  let cursor = (await repeat(() => queue.cursor(read.cursorName))) ?? read.from
  let matched = (await repeat(() => queue.cursor(matchedCursor(read.cursorName)))) ?? 0
  while (cursor < read.to) {
    const step = await repeat(() => makeStep(read, parts, cursor, matched, signal))
    cursor = step.cursor
    matched = step.matched
    read.onStep(step)
    if (read.ratePerSecondMax !== undefined && step.put.length > 0) {
      await sleep(clock, (step.put.length / read.ratePerSecondMax) * 1_000, signal)
    }
  }
}

async function makeStep(
  read: BoundedRead,
  { logs, queue }: BoundedReadParts,
  from: number,
  matchedBefore: number,
  signal: AbortSignal,
): Promise<{ put: readonly Put[]; cursor: number; matched: number }> {
  const rate = read.ratePerSecondMax
  const entriesMax =
    rate === undefined
      ? stepEntriesMax
      : Math.max(1, Math.min(stepEntriesMax, Math.ceil(rate / stepsPerSecond)))
  const entries = await logs.read(read.bus, from, { entriesMax, bytesMax: stepBytesMax })
  const within = entries.filter(entry => entry.position < read.to)
  const { put, matched } = read.select(within)
  const last = within.at(-1)
  const isEnd = last === undefined || last.position + 1 >= read.to
  const step = { put, cursor: isEnd ? read.to : last.position + 1, matched: matchedBefore + matched }
  const release = await read.admit?.([...new Set(put.map(each => each.queue))], signal)
  try {
    await queue.commit({
      cursors: [
        { name: read.cursorName, position: step.cursor },
        { name: matchedCursor(read.cursorName), position: step.matched },
      ],
      put,
    })
  } finally {
    release?.()
  }
  return step
}
