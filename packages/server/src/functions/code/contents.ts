import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import type { PackedFile } from './archive.ts'
import { invalid } from './check.ts'

/** Up to this size a file is unpacked at once: many small ones are several times faster so. */
const atOnceBytesMax = 1_024 * 1_024
const chunkBytes = 64 * 1_024

/**
 * The unpacked bytes of a file, at most `atOnceBytesMax` of them in memory at a time. Throws `function.code-invalid`,
 * which names the entry, when they are not exactly what the directory of the zip states, as soon as that is known.
 */
export async function* contentsOf(zip: Buffer, file: PackedFile): AsyncGenerator<Buffer> {
  let bytes = 0
  let sum = 0
  for await (const chunk of unpacked(zip, file)) {
    bytes += chunk.length
    if (bytes > file.bytes) throw damaged(file, `holds more than the ${file.bytes} bytes that it states`)
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (bytes < file.bytes) throw damaged(file, `holds ${bytes} of the ${file.bytes} bytes that it states`)
  if (sum !== file.crc32) throw damaged(file, 'has another checksum than it states')
}

async function* unpacked(zip: Buffer, file: PackedFile): AsyncGenerator<Buffer> {
  const packed = zip.subarray(file.start, file.start + file.packedBytes)
  if (!file.isDeflated) {
    for (let from = 0; from < packed.length; from += atOnceBytesMax) {
      yield packed.subarray(from, from + atOnceBytesMax)
    }
    return
  }
  try {
    if (file.bytes <= atOnceBytesMax) {
      // One byte more than stated shows the lie; the rest of it is never unpacked.
      yield inflateRawSync(packed, { maxOutputLength: file.bytes + 1 })
      return
    }
    const inflate = createInflateRaw({ chunkSize: chunkBytes })
    inflate.end(packed)
    for await (const chunk of inflate) yield chunk as Buffer
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw damaged(file, `holds more than the ${file.bytes} bytes that it states`)
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw damaged(file, `cannot be unpacked: ${reason}`)
  }
}

function damaged(file: PackedFile, reason: string): Error {
  return invalid(`entry ${JSON.stringify(file.path)} ${reason}`, { path: file.path })
}
