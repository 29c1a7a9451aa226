import { readAttributes, replaceAttributes, structuredMediaType, withAttributes } from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import { cutBytes, detailBytesMax } from './journal.ts'
import type { TargetPlan } from './target-plan.ts'

/**
 * One event on its way to a sink. Its id, source and type are read from the text when a sink first asks: many sinks
 * only pass bytes on.
 */
export class OutgoingEvent implements OutgoingRecord {
  readonly event: Uint8Array
  readonly body: Uint8Array
  readonly contentType: string | undefined
  readonly parameters: Readonly<Record<string, string>>
  readonly attempt: number
  #attributes: ReturnType<typeof readAttributes> | undefined

  constructor(
    event: Uint8Array,
    body: Uint8Array,
    contentType: string | undefined,
    parameters: Readonly<Record<string, string>>,
    attempt: number,
  ) {
    this.event = event
    this.body = body
    this.contentType = contentType
    this.parameters = parameters
    this.attempt = attempt
  }

  get id(): string {
    return this.#read('id')
  }

  get source(): string {
    return this.#read('source')
  }

  get type(): string {
    return this.#read('type')
  }

  #read(name: string): string {
    this.#attributes ??= readAttributes(this.event)
    return String(this.#attributes[name] ?? '')
  }
}

const noParameters: Readonly<Record<string, string>> = Object.freeze({})

/**
 * The record of an attempt: the stored event with `millraceposition`, `millraceattempt` and, for a replay,
 * `millracereplay`, and what the target's transforms make of it. The position is text, for an attribute's integer has
 * 32 bits only. Throws the AppError of a transform that cannot be applied.
 */
export function outgoingRecord(
  plan: TargetPlan,
  stored: Uint8Array,
  position: number,
  attempt: number,
  replay: string | undefined,
): OutgoingRecord {
  // Names and values are the engine's own and ASCII, so the text is the JSON; ingest keeps producers off the names.
  const mark = replay === undefined ? '' : `,"millracereplay":"${replay}"`
  const added = Buffer.from(
    `,"millraceposition":"${position}","millraceattempt":${attempt}${mark}}`,
    'latin1',
  )
  const event = withAttributes(stored, added)
  const parameters = plan.parameters.length === 0 ? noParameters : transformed(plan, event)
  if (plan.transform === undefined)
    return new OutgoingEvent(event, event, structuredMediaType, parameters, attempt)
  const result = plan.transform.apply(event)
  return new OutgoingEvent(
    event,
    result?.bytes ?? new Uint8Array(0),
    result?.contentType,
    parameters,
    attempt,
  )
}

function transformed(plan: TargetPlan, event: Uint8Array): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, transform] of plan.parameters) {
    const result = transform.apply(event)
    if (result !== undefined) values[name] = Buffer.from(result.bytes).toString()
  }
  return values
}

/** Why an event became a dead letter. */
export interface DeadLetterReason {
  readonly rule: string
  readonly target: string
  readonly code: string
  readonly detail: string
  readonly attempts: number
}

/**
 * A dead letter: the original event, untransformed, with attributes that say what happened. They do not have the
 * engine's prefix, so that another bus which takes the dead letter in keeps them.
 */
export function deadLetterRecord(
  stored: Uint8Array,
  reason: DeadLetterReason,
  attempt: number,
): OutgoingRecord {
  const event = replaceAttributes(stored, {
    deadletterrule: reason.rule,
    deadlettertarget: reason.target,
    deadlettercode: reason.code,
    deadletterdetail: cutBytes(printable(reason.detail), detailBytesMax),
    deadletterattempts: reason.attempts,
  })
  return new OutgoingEvent(event, event, structuredMediaType, noParameters, attempt)
}

/** Control characters are not allowed in attributes; a message of a foreign system may have them. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const plain = text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
  return plain === '' ? '-' : plain
}
