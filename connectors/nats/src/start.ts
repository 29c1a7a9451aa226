import { isTimestamp } from '@millrace/cloudevents'
import type { NatsSourceOptions } from './options.ts'

/** The option `start` as a consumer's settings; undefined for a time that is none. */
export function startPolicy(
  start: NatsSourceOptions['start'],
):
  | { readonly policy: 'all' | 'new' }
  | { readonly policy: 'by_start_time'; readonly time: string }
  | undefined {
  if (start === 'earliest') return { policy: 'all' }
  if (start === 'latest') return { policy: 'new' }
  if (!isTimestamp(start.time)) return undefined
  return { policy: 'by_start_time', time: new Date(start.time).toISOString() }
}
