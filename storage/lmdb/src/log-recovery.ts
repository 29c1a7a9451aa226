import { AppError } from '@millrace/spi'
import { Block, readOutline } from './block.ts'
import { corruptError } from './errors.ts'
import type { LogMark } from './log-mark.ts'
import type { Segment, SegmentFiles } from './segment-files.ts'

/** A log as it is after a crash: where it stands, and its files. */
export interface RecoveredLog {
  readonly mark: LogMark
  readonly segments: Segment[]
}

/**
 * Finds the end of a log. The mark says where it stood at the last commit that told of it; appends that stood for
 * themselves may follow. Blocks count as long as each is whole, names the one before it, and belongs to a group that was
 * committed (`group` is the last one). What lies behind that is the rest of a write that was cut short, and is removed;
 * so are files that a trim was to remove.
 */
export async function recoverLog(
  files: SegmentFiles,
  name: string,
  log: number,
  mark: LogMark,
  group: number,
): Promise<RecoveredLog> {
  const firsts = await files.firsts(log)
  const kept: Segment[] = []
  for (const [index, first] of firsts.entries()) {
    const below = first < mark.segmentFirst || (mark.segmentFirst === 0 && first < mark.next)
    const end = firsts[index + 1] ?? Number.POSITIVE_INFINITY
    if (!below) continue
    const segment = { log, first, bytes: 1 }
    if (mark.segmentFirst === 0 || end <= mark.first) await files.remove(segment)
    else kept.push({ ...segment, bytes: files.size(segment) })
  }
  let end = mark
  let current: Segment = {
    log,
    first: mark.segmentFirst === 0 ? mark.next : mark.segmentFirst,
    bytes: mark.segmentBytes,
  }
  if (mark.segmentFirst !== 0 && !firsts.includes(current.first))
    throw corruptError(name, mark.next - 1, 'its file is missing')
  while (firsts.includes(current.first)) {
    end = await followSegment(files, name, current, end, group)
    if (end.segmentFirst !== current.first) break
    current = { ...current, bytes: end.segmentBytes }
    kept.push(current)
    current = { log, first: end.next, bytes: 0 }
  }
  for (const first of firsts) if (first >= current.first) await files.remove({ log, first, bytes: 1 })
  return { mark: end, segments: kept }
}

/** Goes on from a mark through one file; returns where the log stands at its end, and cuts off what does not count. */
async function followSegment(
  files: SegmentFiles,
  name: string,
  segment: Segment,
  mark: LogMark,
  group: number,
): Promise<LogMark> {
  const readable = { ...segment, bytes: Math.max(1, segment.bytes) }
  const size = files.size(readable)
  if (size < segment.bytes)
    throw corruptError(name, mark.next - 1, `its file has ${size} bytes, not ${segment.bytes}`)
  const bytes = files.read(readable, segment.bytes, size - segment.bytes)
  let counted = mark
  let reached = mark
  for (let offset = 0; ; ) {
    const block = blockAt(name, segment.log, bytes, offset, reached, group)
    if (block === undefined) break
    offset += block.size
    reached = {
      ...reached,
      next: block.next,
      bytesBeforeNext: block.bytesBeforePosition(block.next),
      acceptedAtMsMax: block.acceptedAtMsMax,
      segmentFirst: segment.first,
      segmentBytes: segment.bytes + offset,
      chain: block.sum,
    }
    if (block.last) counted = reached
  }
  const countedBytes = counted.segmentFirst === segment.first ? counted.segmentBytes : 0
  if (countedBytes < size && countedBytes > 0) await files.cut({ ...segment, bytes: countedBytes })
  if (countedBytes > segment.bytes) await files.sync({ ...segment, bytes: countedBytes })
  return counted
}

/** The block at an offset, when it carries on the log. */
function blockAt(
  name: string,
  log: number,
  bytes: Buffer,
  offset: number,
  mark: LogMark,
  group: number,
): Block | undefined {
  const outline = readOutline(bytes, offset)
  if (outline === undefined || outline.first !== mark.next || offset + outline.size > bytes.length)
    return undefined
  try {
    const block = new Block(name, log, outline.first, bytes.subarray(offset, offset + outline.size))
    return block.chain === mark.chain && block.group <= group ? block : undefined
  } catch (error) {
    if (error instanceof AppError && error.code === 'storage.corrupt') return undefined
    throw error
  }
}
