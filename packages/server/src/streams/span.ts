import { readAttributes } from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import type { ActiveSpan, Tracer } from '../observability/index.ts'

/** The span of one write, below that of its first event; `undefined` when nothing is recorded. */
export function startWriteSpan(
  tracer: Tracer | undefined,
  stream: string,
  records: readonly OutgoingRecord[],
  count: number,
): ActiveSpan | undefined {
  const [first] = records
  if (tracer === undefined || !tracer.isOn || first === undefined) return undefined
  const { traceparent } = readAttributes(first.event)
  return tracer.start('stream', 'consumer', typeof traceparent === 'string' ? traceparent : undefined, {
    'messaging.system': 'millrace',
    'messaging.operation.type': 'process',
    'messaging.batch.message_count': count,
    'millrace.stream': stream,
    'millrace.attempt': first.attempt,
  })
}
