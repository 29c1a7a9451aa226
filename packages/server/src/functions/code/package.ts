import { functionError } from '../errors.ts'

/**
 * One blob for a map of files: `MRC1`, the length of the index (u32, big-endian), the index (JSON: path and size of
 * each file, sorted by path), then the contents in the same order. The same files give the same bytes, so the name
 * of the blob stands for the code.
 */
const magic = 'MRC1'
const headBytes = 8

interface IndexEntry {
  readonly path: string
  readonly size: number
}

export function encodePackage(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const sorted = [...files].sort(([left], [right]) => (left < right ? -1 : 1))
  const index = Buffer.from(
    JSON.stringify(sorted.map(([path, content]): IndexEntry => ({ path, size: content.length }))),
  )
  const head = Buffer.alloc(headBytes)
  head.write(magic, 0, 'latin1')
  head.writeUInt32BE(index.length, 4)
  return Buffer.concat([head, index, ...sorted.map(([, content]) => content)])
}

/** The files as views of `bytes`. Refuses what `encodePackage` cannot have made (`function.code-invalid`). */
export function decodePackage(bytes: Uint8Array): Map<string, Uint8Array> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const indexEnd = buffer.length < headBytes ? Number.POSITIVE_INFINITY : headBytes + buffer.readUInt32BE(4)
  if (indexEnd > buffer.length || buffer.toString('latin1', 0, 4) !== magic) throw broken('no index')
  const files = new Map<string, Uint8Array>()
  let from = indexEnd
  for (const entry of readIndex(buffer.toString('utf8', headBytes, indexEnd))) {
    if (from + entry.size > buffer.length) throw broken('contents are cut off')
    files.set(entry.path, buffer.subarray(from, from + entry.size))
    from += entry.size
  }
  if (from !== buffer.length) throw broken('bytes are left over')
  return files
}

function readIndex(text: string): IndexEntry[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken('the index is not JSON')
  }
  if (Array.isArray(value) && value.every(isIndexEntry)) return value
  throw broken('the index has another form')
}

function isIndexEntry(value: unknown): value is IndexEntry {
  const { path, size } = (value ?? {}) as Partial<Record<string, unknown>>
  return typeof path === 'string' && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0
}

function broken(reason: string): Error {
  return functionError('function.code-invalid', `the stored bytes are no code package: ${reason}`)
}
