import type { Readable } from 'node:stream'
import type { FunctionCallback, FunctionContext } from './context.ts'

/** What an answer can be made of: bytes and texts as they are, streams as they come, everything else as JSON. */
export type FunctionResult = unknown

/**
 * Called for each event: bytes, whatever they are (`JSON.parse(event.toString())`). It answers with what it returns or
 * resolves with, and fails by throwing. `exports.handler`, in the runtime `nodejs`.
 */
export type EventHandler<Result extends FunctionResult = FunctionResult> = (
  event: Buffer,
  context: FunctionContext,
) => Result | Promise<Result>

/** The older form of the same: it answers by its callback, and whatever it returns is not looked at. */
export type CallbackEventHandler<Result = unknown> = (
  event: Buffer,
  context: FunctionContext,
  callback: FunctionCallback<Result>,
) => void

/** What the event of an HTTP trigger is, for a function whose `handlerKind` is `event`: JSON of this. */
export interface HttpEvent {
  version: 'v1'
  /** As it was sent, percent-encoded. */
  rawPath: string
  headers: Record<string, string>
  /** Of several values with one name, all, joined by commas. */
  queryParameters: Record<string, string>
  /** A text, or base64 where `isBase64Encoded` says so. */
  body: string
  isBase64Encoded: boolean
  requestContext: {
    accountId: string
    domainName: string
    domainPrefix: string
    requestId: string
    time: string
    /** Milliseconds since the epoch. */
    timeEpoch: string
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string }
  }
}

/** What such a function answers. */
export interface HttpEventAnswer {
  /** 200 to 599. */
  statusCode: number
  headers?: Record<string, string | number | boolean | readonly string[]>
  body?: string | Readable | ReadableStream | object | null
  /** The body is base64 of what is to be sent. */
  isBase64Encoded?: boolean
}

/** Answers HTTP triggers as Function Compute 3 has it: the event is JSON of an `HttpEvent`. */
export type HttpEventHandler = EventHandler<HttpEventAnswer>

/** A request, for a function whose `handlerKind` is `http`. */
export interface HttpRequest extends Readable {
  readonly headers: Record<string, string | string[]>
  readonly path: string
  readonly queries: Record<string, string | string[]>
  readonly method: string
  readonly clientIP: string
  /** Path and query. */
  readonly url: string
  /** The whole of it; the request can be read as a stream as well. */
  readonly body: Buffer
}

/** The answer to such a request; `send` ends the invocation. */
export interface HttpResponse {
  /** Throws a RangeError for what is no whole number from 200 to 599. */
  setStatusCode(code: number): void
  setHeader(name: string, value: string | number | readonly string[]): void
  deleteHeader(name: string): void
  getHeader(name: string): string | string[] | undefined
  hasHeader(name: string): boolean
  send(body?: Buffer | Uint8Array | string | Readable | ReadableStream | null): void
}

/** Answers HTTP triggers as Function Compute 2 has it. */
export type HttpHandler = (
  request: HttpRequest,
  response: HttpResponse,
  context: FunctionContext,
) => void | Promise<void>

/** Runs once in each instance before its first invocation; when it fails, so does that, and the instance is gone. */
export type Initializer = (context: FunctionContext) => void | Promise<void>

/** The older form of it and of the hooks. */
export type CallbackHook = (context: FunctionContext, callback: FunctionCallback) => void

/** Runs after the last invocation of an instance; what it fails with is in the log. */
export type PreStopHook = Initializer

/** Runs each time before an instance that has no work is frozen. */
export type PreFreezeHook = Initializer
