import { promisify } from 'node:util'
import { deflate, gunzip, inflate, zstdCompress, zstdDecompress } from 'node:zlib'
import { decodeLz4Block, encodeLz4Literals } from './lz4-block.ts'
import { Refusal } from './refusal.ts'

/** Largest body in bytes, once it is decompressed (section 2.5). */
export const rawBytesMax = 10_485_760

/** Yields at most so many bytes, or rejects. */
type Decompressor = (bytes: Buffer, size: number) => Promise<Buffer>

const inflated = decompressor(inflate)
const gunzipped = decompressor(gunzip)
const decompressors: Readonly<Record<string, Decompressor>> = {
  lz4: async (bytes, size) => await Promise.resolve(decodeLz4Block(bytes, size)),
  deflate: inflated,
  // One client writes this name over what deflate makes.
  gzip: (bytes, size) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipped : inflated)(bytes, size),
  zstd: decompressor(zstdDecompress),
}

type CallbackCodec = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void

function decompressor(run: CallbackCodec): Decompressor {
  return (bytes, size) =>
    new Promise((resolve, reject) => {
      run(bytes, { maxOutputLength: Math.max(1, size) }, (error, result) => {
        if (error === null) resolve(result)
        else reject(error)
      })
    })
}

/**
 * The body as it was before it was compressed, by the headers `x-log-compresstype` and `x-log-bodyrawsize`; the latter counts only
 * with the former. Never yields more than `rawBytesMax`. Throws `InvalidCompressType`, `MissingBodyRawSize`,
 * `InvalidBodyRawSize`, `PostBodyTooLarge` and `PostBodyUncompressError`.
 */
export async function decompressed(body: Buffer, type: string, rawSize: string): Promise<Buffer> {
  if (type === '') return checkedSize(body)
  const decompress = Object.hasOwn(decompressors, type) ? decompressors[type] : undefined
  if (decompress === undefined) {
    const known = Object.keys(decompressors).join(', ')
    throw new Refusal('InvalidCompressType', `x-log-compresstype is one of ${known}`)
  }
  if (rawSize === '') throw new Refusal('MissingBodyRawSize', 'a compressed body needs x-log-bodyrawsize')
  if (!/^\d{1,10}$/.test(rawSize)) {
    throw new Refusal('InvalidBodyRawSize', 'x-log-bodyrawsize is the number of bytes before compression')
  }
  const size = Number(rawSize)
  if (size > rawBytesMax) throw tooLarge(size)
  if (body.length === 0 && size === 0) return body
  try {
    const raw = await decompress(body, size)
    if (raw.length === size) return raw
  } catch {
    // What the codec says of the bytes is of no use to whoever sent them.
  }
  throw new Refusal(
    'PostBodyUncompressError',
    `the body does not decompress to the ${size} bytes that it announces`,
  )
}

function checkedSize(body: Buffer): Buffer {
  if (body.length > rawBytesMax) throw tooLarge(body.length)
  return body
}

function tooLarge(seen: number): Refusal {
  return new Refusal('PostBodyTooLarge', `the body has ${seen} bytes, at most ${rawBytesMax} are allowed`)
}

/** In the order in which they are preferred. */
const compressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  zstd: promisify<Buffer, Buffer>(zstdCompress),
  deflate: promisify<Buffer, Buffer>(deflate),
  lz4: bytes => Promise.resolve(encodeLz4Literals(bytes)),
}

/** An answer in one of the encodings that a client takes, with the headers that say so; as it is when it takes none. */
export async function compressed(
  bytes: Buffer,
  acceptEncoding: string,
): Promise<{ readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> }> {
  const headers = { 'x-log-bodyrawsize': String(bytes.length) }
  const accepted = acceptEncoding.split(',').map(text => text.trim().toLowerCase())
  const type = Object.keys(compressors).find(name => accepted.includes(name))
  const compress = type === undefined ? undefined : compressors[type]
  if (bytes.length === 0 || type === undefined || compress === undefined) return { bytes, headers }
  return { bytes: await compress(bytes), headers: { ...headers, 'x-log-compresstype': type } }
}
