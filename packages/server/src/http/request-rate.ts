import type { RequestRate } from '../quotas/index.ts'
import { kindOf } from './audit/index.ts'

/**
 * The rate that a request for an action counts for. None for events, which are counted one by one, and for calls of functions, which
 * have only so many instances.
 */
export function rateOf(action: string): RequestRate | undefined {
  if (kindOf(action) !== 'data') return 'requests-per-second'
  if (action.startsWith('mns:')) return 'message-requests-per-second'
  return action.startsWith('log:') ? 'log-writes-per-second' : undefined
}
