import { isTimestamp } from '@millrace/cloudevents'
import type { RedisSourceOptions } from './options.ts'

const lastOfMillisecond = '18446744073709551615'

/**
 * The entry after which a group begins, as `XGROUP CREATE` takes it, for the option `start`. Undefined for a time that is none.
 */
export function startId(start: RedisSourceOptions['start']): string | undefined {
  if (start === 'earliest') return '0'
  if (start === 'latest') return '$'
  const timeMs = isTimestamp(start.time) ? Date.parse(start.time) : Number.NaN
  if (Number.isNaN(timeMs)) return undefined
  return timeMs <= 0 ? '0' : `${timeMs - 1}-${lastOfMillisecond}`
}
