import {
  CloudEventError,
  type EventText,
  readAttributes,
  replaceAttributes,
  scanBatch,
  scanStructured,
} from '@millrace/cloudevents'
import { toAppError } from '@millrace/spi'
import { answerInvalid, answerTooLarge } from './errors.ts'
import { madeBytesMax, madeEventBytesMax, madeEventsMax } from './limits.ts'

/** An event that a function has made. */
export interface MadeEvent {
  readonly id: string
  readonly event: Uint8Array
}

const limits = {
  eventBytesMax: madeEventBytesMax,
  batchBytesMax: madeBytesMax,
  eventsMax: madeEventsMax,
  // What came from a source may be more liberal than the specification.
  tolerant: true,
} as const

/**
 * The events that a function's answer has. Complete ones keep their bytes. One that lacks `id`, `source`, `type` or
 * `time` gets them from the event at its place where the answer has as many as the batch; else from the first of
 * the batch, with an id made of that and its place, so that the same answer gives the same ids. One that lacks any but the
 * time is written anew, and numbers in it have the digits that JavaScript gives them.
 *
 * @throws AppError `stream.answer-invalid`, `stream.answer-too-large`
 */
export function readAnswer(answer: Uint8Array, given: readonly MadeEvent[]): MadeEvent[] {
  if (answer.length > madeBytesMax) throw answerTooLarge('bytes', madeBytesMax, answer.length)
  const scanned = scan(answer)
  const isInPlace = scanned.length === given.length
  const isShared = answer.length <= sharedBytesMax
  let parsed: unknown[] | undefined
  return scanned.map((item, index) => {
    const model = given[isInPlace ? index : 0]
    if (!(item instanceof CloudEventError)) return timed(item, model, isShared)
    parsed ??= JSON.parse(Buffer.from(answer).toString()) as unknown[]
    return completed(parsed[index], index, model, isInPlace)
  })
}

/**
 * The events of an answer share its memory up to this size. They mostly end together; of a larger answer each is a copy,
 * which costs more than all else that is done here, so that a single event that is tried again does not keep the whole.
 */
const sharedBytesMax = 1_048_576

function timed({ id, bytes, time }: EventText, model: MadeEvent | undefined, isShared: boolean): MadeEvent {
  const inherited =
    time === undefined && model !== undefined ? readAttributes(model.event)['time'] : undefined
  if (typeof inherited !== 'string')
    return { id, event: isShared ? bytes : Uint8Array.prototype.slice.call(bytes) }
  return { id, event: replaceAttributes(bytes, { time: inherited }) }
}

function completed(
  item: unknown,
  index: number,
  model: MadeEvent | undefined,
  isInPlace: boolean,
): MadeEvent {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw answerInvalid(`element ${index} is no object`)
  const inherited = model === undefined ? {} : inheritance(model, isInPlace ? undefined : index)
  return check({ specversion: '1.0', ...inherited, ...item }, index)
}

function scan(answer: Uint8Array): ReturnType<typeof scanBatch> {
  try {
    return scanBatch(answer, limits)
  } catch (thrown) {
    if (!(thrown instanceof CloudEventError)) throw thrown
    if (thrown.code === 'cloudevents.too-many-events')
      throw answerTooLarge('or more events', madeEventsMax, madeEventsMax + 1)
    throw answerInvalid(`its text of ${answer.length} bytes is none`)
  }
}

function inheritance(model: MadeEvent, index: number | undefined): Record<string, unknown> {
  const { source, type, time } = readAttributes(model.event)
  const id = index === undefined ? model.id : `${model.id}-${index}`
  return { id, source, type, ...(time === undefined ? {} : { time }) }
}

function check(event: object, index: number): MadeEvent {
  try {
    const { bytes, id } = scanStructured(Buffer.from(JSON.stringify(event)), limits)
    return { id, event: bytes }
  } catch (thrown) {
    // The message names the attribute and the rule, never a value.
    throw answerInvalid(`element ${index}: ${toAppError(thrown).message}`)
  }
}
