/**
 * The frames between the server and an instance, byte by byte as in docs/reference/runtime-protocol.md:
 *
 *     u32 length | u8 type | u32 channel | u32 header length | header: JSON object in UTF-8 | payload
 *
 * All numbers are big-endian; `length` counts what follows it. Channel 0 is the instance itself, every other channel
 * is one invocation. An empty header stands for `{}`.
 */
export const runtimeProtocolVersion = 1

/** Longest frame either side accepts, without its length field: a payload of 32 MiB and its header. */
export const frameBytesMax = 33 * 1_024 * 1_024

/** Bytes of `data` that an instance may send on one channel beyond those that `credit` has given back. */
export const streamWindowBytes = 1_024 * 1_024

/** Longest header in a frame. */
export const headerBytesMax = 512 * 1_024

export const frameType = {
  initialize: 1,
  invoke: 2,
  cancel: 3,
  drain: 4,
  ping: 5,
  freeze: 6,
  credit: 7,
  hello: 65,
  initialized: 66,
  result: 67,
  error: 68,
  pong: 69,
  leaving: 70,
  frozen: 71,
  head: 72,
  data: 73,
  health: 74,
} as const
export type FrameType = (typeof frameType)[keyof typeof frameType]

export interface Frame {
  readonly type: number
  readonly channel: number
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Uint8Array
}

/** First frame of an instance. */
export interface HelloHeader {
  readonly protocol: number
  readonly language: string
  readonly version: string
}

/** What the instance is to run; the answer is `initialized`, or `error` on channel 0. */
export interface InitializeHeader {
  /** Folder with the unpacked code, as the instance sees it. */
  readonly codePath: string
  /** Such as `index.handler`: module and export. */
  readonly handler: string
  /** `http`: the handler takes a request and answers it, instead of an event. Default `event`. */
  readonly handlerKind?: 'event' | 'http'
  readonly initializer?: string
  /** Called when the instance is drained, after its last invocation, before `leaving`. */
  readonly preStop?: string
  /** Called at each `freeze`, before `frozen`. */
  readonly preFreeze?: string
  /** Folder with the unpacked layers, as the instance sees it; absent when there are none. */
  readonly layersPath?: string
  /** What a runtime that starts a server of the code's own is told of it. */
  readonly server?: ServerSettings
  /** The whole environment of the code: everything else is removed before the code is loaded. */
  readonly environment: Readonly<Record<string, string>>
  /** Request id that the initializer's context and output carry. */
  readonly requestId: string
  /** The members of the context that are the same for all invocations. */
  readonly context: Readonly<Record<string, unknown>>
}

/** How the code's own HTTP server is started and asked, for the runtimes that have one (function-compute section 4.9). */
export interface ServerSettings {
  /** Program and arguments; empty: `bootstrap` in the code. */
  readonly command: readonly string[]
  /** So many of `command` name the program, the rest are its arguments; an image has a program of its own. Default all. */
  readonly programLength?: number
  readonly port: number
  readonly healthCheck?: Readonly<Record<string, unknown>>
}

/** An HTTP request for the code, whose body is the payload of its `invoke` frame. */
export interface HttpRequestHead {
  readonly method: string
  /** As sent, percent-encoded, without the query. */
  readonly path: string
  /** As sent, without `?`; empty when there is none. */
  readonly query: string
  /** Names in lower case; repeated ones in order. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly clientAddress: string
}

/** Begins an answer that comes in parts, or one to an HTTP request. */
export interface HeadHeader {
  /** Only for HTTP requests. */
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly contentType?: string
}

/** Sent by an instance that checks the health of its code, at each change: one that is not well gets no invocations. */
export interface HealthHeader {
  readonly well: boolean
  /** Why not. */
  readonly reason?: string
}

export interface InvokeHeader {
  readonly requestId: string
  /** When the server gives up, in milliseconds since the epoch. */
  readonly deadlineMs: number
  /** Earlier attempts at the same event. */
  readonly retryCount?: number
  readonly credentials?: Readonly<Record<string, string>>
  readonly tracing?: Readonly<Record<string, unknown>>
  /** What the caller named: `LATEST`, a version, an alias. */
  readonly qualifier?: string
  /** Set when the payload is the body of an HTTP request that the code answers itself. */
  readonly http?: HttpRequestHead
}

export interface ResultHeader {
  readonly contentType?: string
  /** Milliseconds from the call of the handler to its result. */
  readonly durationMs: number
  /** Largest resident memory of the process so far, in KiB. */
  readonly memoryKiB: number
}

/** `handled`: the code said so by its callback; `initialization`: the initializer failed; `unhandled`: anything else. */
export type FailureKind = 'handled' | 'unhandled' | 'initialization'

export interface ErrorHeader {
  readonly kind: FailureKind
  /** Name of the error's class, or of the type of what was thrown. */
  readonly errorType: string
  readonly errorMessage: string
  /** Language specific lines or entries of the stack. */
  readonly stackTrace: readonly unknown[]
  readonly durationMs?: number
  readonly memoryKiB?: number
}

/** The other side does not speak the protocol; the connection is of no further use. */
export class ProtocolError extends Error {
  override readonly name: string = 'ProtocolError'
}

const prefixBytes = 13
/** Payloads up to this size are copied behind their header: one write is cheaper than the copy. */
const joinedPayloadBytesMax = 32 * 1_024

/** The chunks to write for one frame, one or two. */
export function encodeFrame(
  type: FrameType,
  channel: number,
  header: object | undefined,
  payload: Uint8Array | undefined,
): Uint8Array[] {
  const headerText = header === undefined ? '' : JSON.stringify(header)
  const headerLength = Buffer.byteLength(headerText)
  const payloadLength = payload?.length ?? 0
  const length = prefixBytes - 4 + headerLength + payloadLength
  if (headerLength > headerBytesMax || length > frameBytesMax) {
    throw new ProtocolError(`frame of ${length} bytes exceeds the limit`)
  }
  const joined = payloadLength > 0 && payloadLength <= joinedPayloadBytesMax
  const first = Buffer.allocUnsafe(prefixBytes + headerLength + (joined ? payloadLength : 0))
  first.writeUInt32BE(length, 0)
  first[4] = type
  first.writeUInt32BE(channel, 5)
  first.writeUInt32BE(headerLength, 9)
  first.write(headerText, prefixBytes, 'utf8')
  if (payload === undefined || payloadLength === 0) return [first]
  if (!joined) return [first, payload]
  first.set(payload, prefixBytes + headerLength)
  return [first]
}

/**
 * Cuts a byte stream into frames. Holds at most one incomplete frame, so at most `frameBytesMax` bytes.
 * Payloads are views of the chunks that were pushed wherever a frame lies within one.
 */
export class FrameReader {
  #pending: Buffer | undefined
  #filled = 0

  /** Throws `ProtocolError` on a frame that breaks the limits or whose header is no JSON object. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    while (rest.length > 0) {
      if (this.#pending !== undefined) rest = this.#continue(rest, frames)
      else if (rest.length >= 4 && rest.length >= 4 + frameLength(rest)) {
        const end = 4 + frameLength(rest)
        frames.push(decodeFrame(rest.subarray(4, end)))
        rest = rest.subarray(end)
      } else {
        this.#pending = Buffer.allocUnsafe(4)
        this.#filled = 0
      }
    }
    return frames
  }

  /** Adds to the incomplete frame; first its length field, then a buffer of just that size. */
  #continue(chunk: Buffer, frames: Frame[]): Buffer {
    const pending = this.#pending as Buffer
    const taken = chunk.copy(pending, this.#filled)
    this.#filled += taken
    if (this.#filled < pending.length) return chunk.subarray(taken)
    if (pending.length === 4) {
      const grown = Buffer.allocUnsafe(4 + frameLength(pending))
      pending.copy(grown)
      this.#pending = grown
      return chunk.subarray(taken)
    }
    this.#pending = undefined
    frames.push(decodeFrame(pending.subarray(4)))
    return chunk.subarray(taken)
  }
}

function frameLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0)
  if (length < prefixBytes - 4 || length > frameBytesMax) {
    throw new ProtocolError(`frame length ${length} is outside ${prefixBytes - 4}..${frameBytesMax}`)
  }
  return length
}

const noHeader: Readonly<Record<string, unknown>> = Object.freeze({})

/** `frame` begins after the length field. */
function decodeFrame(frame: Buffer): Frame {
  const type = frame[0] ?? 0
  const channel = frame.readUInt32BE(1)
  const headerLength = frame.readUInt32BE(5)
  const headerEnd = 9 + headerLength
  if (headerLength > headerBytesMax || headerEnd > frame.length) {
    throw new ProtocolError(`header length ${headerLength} does not fit a frame of ${frame.length} bytes`)
  }
  const payload = frame.subarray(headerEnd)
  if (headerLength === 0) return { type, channel, header: noHeader, payload }
  return { type, channel, header: parseHeader(frame.toString('utf8', 9, headerEnd)), payload }
}

function parseHeader(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new ProtocolError('the header of a frame is not a JSON object')
}
