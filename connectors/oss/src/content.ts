import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AppError, bodyJson, retryNever, toAppError } from '@millrace/spi'
import type { S3Client } from './client.ts'
import { elementsOf } from './elements.ts'
import { requestError } from './errors.ts'
import type { Item } from './item.ts'
import { noticeEvent } from './notice.ts'
import type { OssSourceOptions } from './options.ts'

/** What a record is made of. */
export interface Content {
  readonly id: string
  readonly event: Uint8Array
  readonly fault?: AppError
}

type Settings = Pick<
  OssSourceOptions,
  'content' | 'bodyForm' | 'contentBytesMax' | 'decompress' | 'delimiter'
>

/** Codes of the service that speak of one object; the next one may be well. */
const objectCodes = ['NoSuchKey', 'InvalidObjectState', 'PreconditionFailed']

/**
 * The records of one object, from the first that did not come out yet. What is wrong with the object itself is a record with a
 * fault; throws an AppError of the source for what is wrong with the service or the way to it, and may then be asked again.
 */
export async function* contentsOf(
  item: Item,
  client: S3Client,
  settings: Settings,
  account: string,
  signal: AbortSignal,
): AsyncGenerator<Content> {
  const { notice } = item
  const isThere = /^oss:(ObjectCreated|ObjectRestore):/.test(notice.type)
  if (settings.content === 'none' || !isThere) {
    if (item.next === 0) yield noticeEvent(notice, account)
    return
  }
  try {
    yield* loaded(item, client, settings, account, signal)
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    const error = requestError(thrown, 'source', client.place)
    if (!isOfObject(error)) throw error
    yield { ...noticeEvent(notice, account), fault: error }
  }
}

async function* loaded(
  item: Item,
  client: S3Client,
  settings: Settings,
  account: string,
  signal: AbortSignal,
): AsyncGenerator<Content> {
  const { notice } = item
  const whole = item.eTag === '' ? {} : { 'if-match': item.eTag }
  const { body, headers } = await client.open(notice.key, whole, signal)
  item.eTag = String(headers['etag'] ?? '')
  const isSmall = headers['content-encoding'] === 'gzip' || notice.key.endsWith('.gz')
  const plain: Readable = settings.decompress && isSmall ? pipeline(body, createGunzip(), () => {}) : body
  try {
    if (settings.content === 'single') {
      const bytes = await readWhole(plain, settings.contentBytesMax)
      yield contentRecord(item, settings, account, bytes)
      return
    }
    let number = 0
    for await (const part of elementsOf(plain, Buffer.from(settings.delimiter), settings.contentBytesMax)) {
      const element = number++
      if (element < item.next) continue
      const content = 'bytes' in part ? part.bytes : part.tooLong
      yield contentRecord(item, settings, account, content, element)
    }
  } finally {
    plain.destroy()
    // Whatever comes of a body that nobody reads any more.
    body.on('error', () => {})
  }
}

/** Of the content, or of the length that is too much. */
function contentRecord(
  { notice }: Item,
  { bodyForm, contentBytesMax }: Settings,
  account: string,
  content: Buffer | number,
  element?: number,
): Content {
  const number = element === undefined ? {} : { element }
  if (typeof content === 'number') {
    const fault = new AppError(
      'record.too-large',
      `the content has ${content} bytes or more, at most ${contentBytesMax} are allowed (contentBytesMax)`,
      retryNever,
    )
    return { ...noticeEvent(notice, account, { body: 'null', ...number }), fault }
  }
  try {
    return noticeEvent(notice, account, { body: bodyJson(content, bodyForm), ...number })
  } catch (thrown) {
    const body = bodyJson(content, 'binary')
    return { ...noticeEvent(notice, account, { body, ...number }), fault: toAppError(thrown) }
  }
}

/** All of it, or how much there was when it was too much. */
async function readWhole(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer | number> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > bytesMax) return bytes
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

function isOfObject({ code, details }: AppError): boolean {
  return code === 'source.rejected' || objectCodes.includes(String(details?.['said']))
}
