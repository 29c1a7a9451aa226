import { sizeInGroup } from './log-group.ts'
import type { OutgoingLog } from './outgoing-log.ts'

/** Logs, and bytes of logs, of one group at most: what the service has always taken (section 2.5). */
export const groupLogsMax = 4_096
export const groupBytesMax = 3_000_000

/**
 * Puts logs that have topic, source and key in common into groups, in their order, none above the limits; a log that
 * is larger goes alone. Yields places in the list.
 */
export function logBatches(logs: readonly OutgoingLog[]): number[][] {
  const batches: number[][] = []
  const open = new Map<string, { places: number[]; bytes: number }>()
  for (const [place, { bytes, topic, source, hashKey }] of logs.entries()) {
    const key = JSON.stringify([topic, source, hashKey])
    const size = sizeInGroup(bytes)
    const group = open.get(key)
    if (group === undefined || group.places.length >= groupLogsMax || group.bytes + size > groupBytesMax) {
      const places = [place]
      batches.push(places)
      open.set(key, { places, bytes: size })
    } else {
      group.places.push(place)
      group.bytes += size
    }
  }
  return batches
}
