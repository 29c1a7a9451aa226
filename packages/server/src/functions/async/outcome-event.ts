import { type EventText, scanStructured } from '@millrace/cloudevents'
import type { Call } from './call-event.ts'
import { eventBytesMax, responseBytesMax } from './limits.ts'
import { outcomeRule, type OutcomeKind, ruleAttribute } from './names.ts'

/** How a call ended, for its destination. */
export interface CallOutcome {
  readonly kind: OutcomeKind
  /** Empty on success, else why it failed. */
  readonly condition: string
  /** How often the function was executed. */
  readonly executions: number
  /** Status of the platform: 200 whenever the function was executed. */
  readonly statusCode: number
  /** Type of the function's error; empty without one. */
  readonly functionError: string
  readonly response: Uint8Array
}

/** Where functions are: part of the names that outcomes tell. */
export interface Place {
  readonly region: string
  readonly account: string
}

/** Name of a function among all accounts (function-compute, section 11.5). */
export function functionResourceName({ region, account }: Place, name: string): string {
  return `acs:fc:${region}:${account}:functions/${name}`
}

/** The record of section 7.5. Payloads become texts, as the protocol has them; bytes that are no UTF-8 do not survive it. */
export function outcomeRecord(place: Place, call: Call, outcome: CallOutcome): object {
  return {
    timestamp: call.calledAtMs,
    requestContext: {
      requestId: call.requestId,
      functionArn: functionResourceName(place, call.name),
      condition: outcome.condition,
      approximateInvokeCount: outcome.executions,
    },
    requestPayload: textOf(call.payload),
    responseContext: { statusCode: outcome.statusCode, functionError: outcome.functionError },
    responsePayload: textOf(outcome.response.subarray(0, responseBytesMax)),
  }
}

/** The outcome as an event of the hidden bus: a bus that is the destination gets it so, all others get its data. */
export function encodeOutcome(place: Place, call: Call, outcome: CallOutcome, nowMs: number): EventText {
  const event = {
    specversion: '1.0',
    id: `${call.requestId}-${outcome.kind}`,
    source: 'acs:fc',
    type: `fc:AsyncInvoke:${outcome.kind}`,
    subject: functionResourceName(place, call.name),
    time: new Date(nowMs).toISOString(),
    aliyunaccountid: place.account,
    aliyunregionid: place.region,
    [ruleAttribute]: outcomeRule(call.rule, outcome.kind),
    millracefunction: call.name,
    ...(call.taskId === undefined ? {} : { millracetask: call.taskId }),
    ...call.trace,
    datacontenttype: 'application/json',
    data: outcomeRecord(place, call, outcome),
  }
  return scanStructured(Buffer.from(JSON.stringify(event)), { eventBytesMax })
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}
