import { readAttributes } from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import type { ActiveSpan, Tracer } from '../observability/index.ts'
import type { AttemptResult } from './attempt.ts'
import type { QueueIdentity } from './identity.ts'

/** The span of one attempt, below that in which the event was accepted; `undefined` when nothing is recorded. */
export function startAttemptSpan(
  tracer: Tracer | undefined,
  identity: QueueIdentity,
  record: OutgoingRecord,
): ActiveSpan | undefined {
  if (tracer === undefined || !tracer.isOn) return undefined
  const { traceparent } = readAttributes(record.event)
  const parent = typeof traceparent === 'string' ? traceparent : undefined
  return tracer.start('deliver', 'producer', parent, {
    'messaging.system': 'millrace',
    'messaging.operation.type': 'process',
    'messaging.destination.name': identity.bus,
    'messaging.message.id': record.id,
    'millrace.rule': identity.rule,
    'millrace.target': identity.target,
    'millrace.attempt': record.attempt,
  })
}

export function endAttemptSpan(span: ActiveSpan | undefined, result: AttemptResult): void {
  if (span === undefined) return
  if (result.kind === 'failed') span.end(result.error.code)
  else span.end(result.kind === 'abandoned' ? 'abandoned' : undefined)
}
