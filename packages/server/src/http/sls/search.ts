import type { LogStoreView } from '../../resources/index.ts'
import type { Call, SlsContext } from './call.ts'
import { decodeLogGroup, type LogGroup } from './log-group.ts'
import { existing } from './log-stores.ts'
import { type LogRecord, logRecord } from './log-record.ts'
import { aheadSecondsMax } from './put-logs.ts'
import type { LogTest } from './query.ts'

/** Searches under way at once. */
export const searchesMax = 4
/** Bytes of groups that one search reads at most; one that has not seen all by then says so. */
const searchBytesMax = 536_870_912
/** Of one read. */
const chunk = { entriesMax: 256, bytesMax: 1_048_576 }

/** Which logs are looked for: by their own time, in seconds, up to but without `to`. */
export interface Wanted {
  readonly from: number
  readonly to: number
  /** Empty for any. */
  readonly topic: string
  readonly test: LogTest | undefined
}

/** A log that was found, by where it lies. */
export interface Found {
  readonly time: number
  readonly timeNs: number
  readonly shard: number
  readonly position: number
  readonly index: number
}

/** What a search went through. */
export interface Progress {
  readonly isComplete: boolean
  readonly logs: number
  readonly bytes: number
}

/**
 * Calls back with every log of a log store that is wanted, shard by shard. There is no index: all groups are read that came since
 * the time looked for, less what clocks may differ.
 */
export async function searchLogs(
  context: SlsContext,
  call: Call,
  wanted: Wanted,
  visit: (found: Found) => void,
): Promise<Progress> {
  const view = await existing(context, call)
  await context.searches.take(call.signal)
  try {
    return await search(context, call, view, wanted, visit)
  } finally {
    context.searches.give()
  }
}

async function search(
  { services: { logStores } }: SlsContext,
  call: Call,
  { name, spec }: LogStoreView,
  wanted: Wanted,
  visit: (found: Found) => void,
): Promise<Progress> {
  const sinceMs = (wanted.from - aheadSecondsMax) * 1_000
  let logs = 0
  let bytes = 0
  for (let shard = 0; shard < spec.shards; shard++) {
    let position = await logStores.seek(call.account, name, shard, sinceMs)
    for (;;) {
      call.signal.throwIfAborted()
      if (bytes > searchBytesMax) return { isComplete: false, logs, bytes }
      const entries = await logStores.read(call.account, name, shard, position, chunk)
      if (entries.length === 0) break
      for (const entry of entries) {
        bytes += entry.bytes.length
        const group = groupOf(entry.bytes)
        logs += group.logs.length
        visitGroup(group, wanted, (index, time, timeNs) =>
          visit({ time, timeNs, shard, position: entry.position, index }),
        )
        position = entry.position + 1
      }
    }
  }
  return { isComplete: true, logs, bytes }
}

/** Reads a log that was found; `undefined` when it was removed meanwhile. */
export async function readFound(
  { services }: SlsContext,
  call: Call,
  name: string,
  { shard, position, index }: Found,
): Promise<LogRecord | undefined> {
  const [entry] = await services.logStores.read(call.account, name, shard, position, {
    entriesMax: 1,
    bytesMax: 1,
  })
  if (entry?.position !== position) return undefined
  const group = groupOf(entry.bytes)
  const log = group.logs[index]
  return log === undefined ? undefined : logRecord(group, log)
}

function visitGroup(
  group: LogGroup,
  { from, to, topic, test }: Wanted,
  visit: (index: number, time: number, timeNs: number) => void,
): void {
  if (topic !== '' && group.topic !== topic) return
  for (const [index, log] of group.logs.entries()) {
    if (log.time < from || log.time >= to) continue
    if (test === undefined || test(logRecord(group, log))) visit(index, log.time, log.timeNs ?? 0)
  }
}

function groupOf(bytes: Uint8Array): LogGroup {
  return decodeLogGroup(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
}
