import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface AppendFigures {
  readonly eventsPerSecond: number
  readonly syncsPerSecond: number
}

/**
 * The bare loop that durable publishing is compared with: appends `eventsPerSync` events of `eventBytes` to one file,
 * calls fdatasync, and again, until `durationMs` have passed.
 */
export async function appendLoop(
  folder: string,
  options: { readonly eventBytes: number; readonly eventsPerSync: number; readonly durationMs: number },
): Promise<AppendFigures> {
  const { eventBytes, eventsPerSync, durationMs } = options
  await using file = await open(join(folder, `append-${eventsPerSync}.log`), 'a')
  const batch = Buffer.alloc(eventBytes * eventsPerSync, 'x')
  const beganAt = performance.now()
  let syncs = 0
  let elapsedMs = 0
  while (elapsedMs < durationMs) {
    await file.write(batch)
    await file.datasync()
    syncs++
    elapsedMs = performance.now() - beganAt
  }
  const seconds = elapsedMs / 1_000
  return { eventsPerSecond: (syncs * eventsPerSync) / seconds, syncsPerSecond: syncs / seconds }
}
