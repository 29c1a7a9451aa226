import { type EventText, scanStructured } from '@millrace/cloudevents'
import { eventBytesMax } from './limits.ts'
import { ruleAttribute } from './names.ts'

/** One asynchronous call, as it waits in the hidden bus. */
export interface Call {
  readonly requestId: string
  readonly rule: string
  readonly name: string
  /** As the caller named it; `LATEST` when nothing was named. */
  readonly qualifier: string
  /** The record that it has; `undefined` where the function keeps none. */
  readonly taskId: string | undefined
  readonly calledAtMs: number
  /** Not to be made before. */
  readonly notBeforeMs: number
  readonly trace: CallTrace | undefined
  readonly payload: Uint8Array
}

export interface CallTrace {
  readonly traceparent: string
  readonly tracestate?: string
}

/**
 * The call as an event. Its names are the engine's own, which ingest leaves alone in events that were not scanned for
 * them; a bus that takes an outcome in removes them.
 */
export function encodeCall(call: Call): EventText {
  const { requestId, rule, name, qualifier, taskId, calledAtMs, notBeforeMs, trace, payload } = call
  const head = JSON.stringify({
    specversion: '1.0',
    id: requestId,
    source: 'millrace:functions',
    type: 'millrace.function.called',
    time: new Date(calledAtMs).toISOString(),
    [ruleAttribute]: rule,
    millracefunction: name,
    millracequalifier: qualifier,
    ...(taskId === undefined ? {} : { millracetask: taskId }),
    ...(notBeforeMs > calledAtMs ? { millracenotbefore: String(notBeforeMs) } : {}),
    ...trace,
    datacontenttype: 'application/octet-stream',
  })
  const data = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('base64')
  return scanStructured(Buffer.from(`${head.slice(0, -1)},"data_base64":"${data}"}`), { eventBytesMax })
}

/** A call as a sink gets it, with what is added to one that has failed for good. */
export interface ReceivedCall extends Call {
  readonly ending: { readonly code: string; readonly detail: string; readonly attempts: number } | undefined
}

/** Reads a call back. Throws for any other text: nobody else writes to the hidden bus. */
export function decodeCall(event: Uint8Array): ReceivedCall {
  const text = Buffer.from(event.buffer, event.byteOffset, event.length).toString()
  const fields = JSON.parse(text) as Record<string, unknown>
  const read = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value : ''
  }
  const calledAtMs = Date.parse(read('time'))
  const { traceparent, tracestate, deadlettercode, millracetask } = fields
  return {
    requestId: read('id'),
    rule: read(ruleAttribute),
    name: read('millracefunction'),
    qualifier: read('millracequalifier'),
    taskId: millracetask === undefined ? undefined : read('millracetask'),
    calledAtMs,
    notBeforeMs: Math.max(calledAtMs, Number(fields['millracenotbefore'] ?? 0)),
    trace:
      typeof traceparent !== 'string'
        ? undefined
        : { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) },
    payload: Buffer.from(read('data_base64'), 'base64'),
    ending:
      deadlettercode === undefined
        ? undefined
        : {
            code: read('deadlettercode'),
            detail: read('deadletterdetail'),
            attempts: Number(fields['deadletterattempts']),
          },
  }
}
