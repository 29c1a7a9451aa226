import type { IncomingHttpHeaders } from 'node:http'
import { rawHeaderBytes, type RawHeaders } from '../../functions/index.ts'
import { triggerError } from './errors.ts'

/** Names and values of all headers together, in bytes (function-compute section 8.2). */
export const triggerHeaderBytesMax = 8_192
/** Path and query together, in bytes. */
export const triggerUrlBytesMax = 4_096

/** What a client asks of the platform by headers. */
export interface Wishes {
  readonly isAsynchronous: boolean
  readonly wantsLogTail: boolean
  readonly taskId: string | undefined
  readonly delayMs: number | undefined
}

/** Throws `trigger.request-invalid` for a head that is larger than triggers take, and for wishes that nobody knows. */
export function readWishes(headers: IncomingHttpHeaders, rawHeaders: RawHeaders, url: string): Wishes {
  checkLimit('the headers of a request', rawHeaderBytes(rawHeaders), triggerHeaderBytesMax)
  checkLimit('path and query of a request', url.length, triggerUrlBytesMax)
  const type = wish(headers, 'x-fc-invocation-type')?.toLowerCase() ?? 'sync'
  if (type !== 'sync' && type !== 'async') throw unknownWish('x-fc-invocation-type', 'Sync or Async')
  const log = wish(headers, 'x-fc-log-type')?.toLowerCase() ?? 'none'
  if (log !== 'none' && log !== 'tail') throw unknownWish('x-fc-log-type', 'None or Tail')
  const delay = wish(headers, 'x-fc-async-delay')
  if (delay !== undefined && !/^\d{1,6}$/.test(delay)) throw unknownWish('x-fc-async-delay', 'seconds')
  return {
    isAsynchronous: type === 'async',
    wantsLogTail: log === 'tail',
    taskId:
      wish(headers, 'x-fc-async-task-id') ?? wish(headers, 'x-fc-stateful-async-invocation-id') ?? undefined,
    delayMs: delay === undefined ? undefined : Number(delay) * 1_000,
  }
}

/** Some clients put the value in quotes (function-compute section 2.2). */
function wish(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value.replace(/^"(.*)"$/, '$1') : undefined
}

function checkLimit(what: string, seen: number, limit: number): void {
  if (seen <= limit) return
  throw triggerError('trigger.request-invalid', `${what} have ${seen} bytes; the limit is ${limit}`, {
    limit,
    seen,
  })
}

function unknownWish(name: string, known: string): Error {
  return triggerError('trigger.request-invalid', `${name} must be ${known}`)
}
