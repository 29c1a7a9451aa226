import { timingSafeEqual } from 'node:crypto'
import { AppError, retryNever } from '@millrace/spi'
import type { Principal } from '../authenticator.ts'

/** How far the date of a signed request may be from the clock of this node, either way, in milliseconds. */
export const requestSkewMsMax = 15 * 60_000

/** Who signed a request, or why it does not count. */
export type SignatureVerdict = Principal | AppError

/** Whether any of the expected signatures is the given one; takes the same time wherever two differ. */
export function isSignature(given: string, expected: string, encoding: 'hex' | 'base64'): boolean {
  const left = Buffer.from(given, encoding)
  const right = Buffer.from(expected, encoding)
  return left.length === right.length && timingSafeEqual(left, right)
}

export function signatureMismatch(): AppError {
  return new AppError(
    'auth.signature-mismatch',
    'The request signature we calculated does not match the signature you provided. Check your access key and signing method',
    retryNever,
  )
}

/** `undefined` when the date is close enough. */
export function skewRefusal(datedMs: number, nowMs: number): AppError | undefined {
  const seen = Math.abs(nowMs - datedMs)
  if (seen <= requestSkewMsMax) return undefined
  const [request, current] = [datedMs, nowMs].map(timeMs => new Date(timeMs).toUTCString())
  return new AppError(
    'auth.signature-expired',
    `the difference between the request time '${request}' and the current time '${current}' is too large`,
    retryNever,
    { details: { limit: requestSkewMsMax, seen } },
  )
}

/** A header that is there once, or nothing. */
export function headerText(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}
