import { AppError, type ErrorCatalogue, retryBackoff, retryNever } from '@millrace/spi'
import type { QuotaName } from '../resources/index.ts'

/** Codes of what an account may have and do. */
export const quotaErrors: ErrorCatalogue = {
  'quota.rate-exceeded': {
    status: 429,
    description: 'The account asks for more in a second than it may; `Retry-After` says when to come again.',
  },
  'quota.bytes-exceeded': {
    status: 429,
    description: 'The account would have more bytes stored than it may.',
  },
  'quota.operator-only': {
    status: 403,
    description: 'Quotas of accounts are seen and set by the account that runs the server.',
  },
}

export function rateExceeded(quota: QuotaName, perSecond: number, delayMs: number): AppError {
  return new AppError(
    'quota.rate-exceeded',
    `quota ${quota}: at most ${perSecond} per second are allowed`,
    { kind: 'after', delayMs },
    { details: { quota, limit: perSecond } },
  )
}

/** Retention makes room for events by itself; for code somebody has to. */
export function bytesExceeded(quota: 'event-bytes' | 'code-bytes', limit: number, seen: number): AppError {
  return new AppError(
    'quota.bytes-exceeded',
    `quota ${quota}: the account would have ${seen} bytes stored, at most ${limit} are allowed`,
    quota === 'event-bytes' ? retryBackoff : retryNever,
    { details: { quota, limit, seen } },
  )
}

export function operatorOnly(): AppError {
  return new AppError(
    'quota.operator-only',
    'quotas of accounts are seen and set by the account that runs the server; GET /api/v1/quotas tells your own',
    retryNever,
  )
}
