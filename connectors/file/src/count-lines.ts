import type { FileHandle } from 'node:fs/promises'

/** Bytes that are read to count lines; of more, the count is estimated from these. */
const countedBytesMax = 16_777_216

const chunkBytes = 1_048_576

/** Ends of lines from an offset to the end of a file. */
export async function countLines(handle: FileHandle, offset: number): Promise<number> {
  const { size } = await handle.stat()
  const until = Math.min(size, offset + countedBytesMax)
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let count = 0
  let at = offset
  while (at < until) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunkBytes, until - at), at)
    if (bytesRead === 0) break
    const read = chunk.subarray(0, bytesRead)
    for (let end = read.indexOf(0x0a); end >= 0; end = read.indexOf(0x0a, end + 1)) count++
    at += bytesRead
  }
  return at < size && at > offset ? Math.round((count * (size - offset)) / (at - offset)) : count
}
