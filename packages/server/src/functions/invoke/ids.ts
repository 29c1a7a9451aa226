import type { Clock, Random } from '@millrace/spi'
import { functionError } from '../errors.ts'

/** `1-<seconds>-<8 hex>-<12 hex>`: the form of request ids in the compatible protocol. */
export function newRequestId(clock: Clock, random: Random): string {
  return `1-${chance(clock, random)}`
}

/** `c-<seconds>-<8 hex>-<12 hex>`. */
export function newInstanceId(clock: Clock, random: Random): string {
  return `c-${chance(clock, random)}`
}

function chance(clock: Clock, random: Random): string {
  const seconds = Math.floor(clock.nowMs() / 1_000)
  const digits = random.id().slice(-20).padStart(20, '0')
  return `${seconds.toString(16).padStart(8, '0')}-${digits.slice(0, 8)}-${digits.slice(8)}`
}

/** Refuses a request id from outside that could not stand in a log, a header or a file name. */
export function checkRequestId(requestId: string): void {
  if (/^[A-Za-z0-9_-]{1,128}$/.test(requestId)) return
  throw functionError(
    'function.request-invalid',
    'a request id has 1 to 128 letters, digits, hyphens or underscores',
    { length: requestId.length },
  )
}
