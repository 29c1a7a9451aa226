import type { Operation } from './call.ts'
import { decompressed, rawBytesMax } from './compression.ts'
import { decodeLogGroup, encodeTag, type LogGroup } from './log-group.ts'
import { existing, kept } from './log-stores.ts'
import { ProtobufFault } from './protobuf-reader.ts'
import { parameterInvalid, Refusal } from './refusal.ts'

/** Largest value of a log, in bytes (section 2.5). */
const valueBytesMax = 1_048_576
/** Longest topic, and longest source, in bytes. */
const labelBytesMax = 128

/** How far the time of a log may lie ahead of this server's, in seconds. Searches rely on it. */
export const aheadSecondsMax = 900

/**
 * PutLogs: one `LogGroup`, all or nothing; durable when it is answered. With a key, it goes to the shard that the key belongs
 * to. A log store with `appendMeta` notes who sent a group, and when it came.
 */
export const putLogs: Operation = {
  needs: ['log:PostLogStoreLogs', 'store'],
  bodyBytesMax: rawBytesMax,
  async run(context, call) {
    const view = await existing(context, call)
    const header = (name: string): string => String(call.headers[name] ?? '')
    checkType(header('content-type'))
    const hashKey = hashKeyOf(call.target.query.get('key') ?? header('x-log-hashkey'))
    const raw = await decompressed(call.body, header('x-log-compresstype'), header('x-log-bodyrawsize'))
    const { clock, logStores } = context.services
    const group = decoded(raw)
    if (group.logs.length === 0) return {}
    checkGroup(group, Math.floor(clock.nowMs() / 1_000))
    const tags =
      kept(view)['appendMeta'] === true
        ? [
            encodeTag('__client_ip__', call.remoteAddress),
            encodeTag('__receive_time__', String(Math.floor(clock.nowMs() / 1_000))),
          ]
        : []
    await logStores.append(
      call.account,
      view.name,
      tags.length === 0 ? raw : Buffer.concat([raw, ...tags]),
      hashKey,
    )
    return {}
  },
}

function checkType(given: string): void {
  if (given === '') throw new Refusal('MissingContentType', 'the Content-Type header is required')
  if (given.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-protobuf') return
  throw new Refusal('InvalidContentType', 'logs are sent as application/x-protobuf', 415)
}

function hashKeyOf(given: string): string | undefined {
  if (given === '') return undefined
  if (/^[0-9a-f]{32}$/i.test(given)) return given.toLowerCase()
  throw parameterInvalid('the key of a shard is an MD5 digest: 32 hex digits')
}

function decoded(bytes: Buffer): LogGroup {
  try {
    return decodeLogGroup(bytes)
  } catch (thrown) {
    if (!(thrown instanceof ProtobufFault)) throw thrown
    if (thrown.isEncoding) throw new Refusal('InvalidEncoding', `the body: ${thrown.message}`)
    throw new Refusal('PostBodyInvalid', `the body is no LogGroup: ${thrown.message}`)
  }
}

function checkGroup({ logs, topic, source, tags }: LogGroup, nowSeconds: number): void {
  for (const [name, text] of [
    ['Topic', topic],
    ['Source', source],
  ] as const) {
    const bytes = Buffer.byteLength(text)
    if (bytes > labelBytesMax) {
      throw new Refusal('PostBodyInvalid', `${name} has ${bytes} bytes, at most ${labelBytesMax} are allowed`)
    }
  }
  for (const { time, contents } of logs) {
    if (time > nowSeconds + aheadSecondsMax) {
      throw new Refusal(
        'InvalidTimestamp',
        `the time ${time} of a log is more than ${aheadSecondsMax} seconds ahead of ${nowSeconds}`,
      )
    }
    for (const { key, value } of contents) checkPair(key, value)
  }
  for (const { key, value } of tags) checkPair(key, value)
}

function checkPair(key: string, value: string): void {
  if (key === '') throw new Refusal('InvalidKey', 'a key is empty')
  // A UTF-16 unit takes three bytes at most.
  if (value.length * 3 <= valueBytesMax) return
  const bytes = Buffer.byteLength(value)
  if (bytes <= valueBytesMax) return
  throw new Refusal('PostBodyTooLarge', `a value has ${bytes} bytes, at most ${valueBytesMax} are allowed`)
}
