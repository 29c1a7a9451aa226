import type { RequestRate } from '../quotas/index.ts'
import { kindOf } from './audit/index.ts'

/** What sees and sets quotas is never held up by one: a rate of 0 could not be raised again. */
const unlimited: ReadonlySet<string> = new Set([
  'millrace:ListQuotas',
  'millrace:ListAccountQuotas',
  'millrace:PutAccountQuota',
  'millrace:DeleteAccountQuota',
])

/**
 * The rate that a request for an action counts for. None for events, which are counted one by one, and for calls of functions, which
 * have only so many instances.
 */
export function rateOf(action: string): RequestRate | undefined {
  if (kindOf(action) !== 'data') return unlimited.has(action) ? undefined : 'requests-per-second'
  if (action.startsWith('mns:')) return 'message-requests-per-second'
  return action.startsWith('log:') ? 'log-writes-per-second' : undefined
}
