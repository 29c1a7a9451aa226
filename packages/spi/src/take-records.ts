import type { SourceReadLimits, SourceRecord } from './source.ts'

/** Takes from the front of a list what one read may have: as much as the limits allow, and one record in any case. */
export function takeRecords<Kind extends SourceRecord>(
  waiting: Kind[],
  { recordsMax, bytesMax }: SourceReadLimits,
): Kind[] {
  let count = 0
  let bytes = 0
  for (const { event } of waiting) {
    bytes += event.length
    if (count > 0 && (count >= recordsMax || bytes > bytesMax)) break
    count++
  }
  return waiting.splice(0, count)
}
