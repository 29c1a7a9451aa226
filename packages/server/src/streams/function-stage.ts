import { assert, type Outcome, toAppError } from '@millrace/spi'
import { OutgoingEvent, type SinkHolder } from '../delivery/index.ts'
import { type MadeEvent, readAnswer } from './answer.ts'
import { interrupted, type FlightParts } from './flight-parts.ts'
import { joinArray } from './json-array.ts'
import type { Place } from './place.ts'
import { settle } from './settle.ts'
import { Group, Unit } from './unit.ts'

/**
 * What the functions of a stream make of a batch, one after the other: each is called with the JSON array of events and
 * answers with the array that takes its place. A call that fails is repeated by the retry policy, for the batch
 * as a whole, from that function on. Resolves with nothing when all records have ended here.
 */
export async function throughFunctions(
  parts: FlightParts,
  place: Place,
  inputs: readonly Unit[],
): Promise<readonly Unit[]> {
  const { equipment, ends, counts } = parts
  if (inputs.length === 0) return []
  let events: readonly MadeEvent[] = inputs
  for (const holder of equipment.functions) {
    const made = await call(parts, place, holder, inputs, events)
    if (made === undefined) return []
    events = made
    if (events.length === 0) break
  }
  counts.add('made', events.length)
  if (events.length > 0) return unitsOf(inputs, events)
  ends.leftOut(inputs)
  return []
}

/** `undefined` when retries were used up, and the inputs have ended for it. */
async function call(
  parts: FlightParts,
  place: Place,
  holder: SinkHolder,
  inputs: readonly Unit[],
  events: readonly MadeEvent[],
): Promise<readonly MadeEvent[] | undefined> {
  const { ends, counts, equipment, clock, random, onError } = parts
  const [first] = inputs
  const [event] = events
  assert(first !== undefined && event !== undefined, 'a function is called with a batch')
  const body = joinArray(events.map(each => each.event))
  for (;;) {
    await place.hold()
    const attempt = first.failures + first.unheard + 1
    const record = new OutgoingEvent(event.event, body, 'application/json', {}, attempt)
    const result = await parts.writes.write(holder, [record])
    if (result.kind !== 'outcomes') throw interrupted(parts, result)
    const answered = read(result.outcomes[0], events)
    if (Array.isArray(answered)) {
      // The sink begins anew to count: what failed here has nothing to do with it.
      for (const unit of inputs) unit.failures = unit.unheard = 0
      return answered
    }
    const outcomes = inputs.map(() => answered)
    const settlement = settle(inputs, outcomes, equipment.plan.spec.retry, clock.nowMs(), random)
    if (settlement.lastError !== undefined) onError(settlement.lastError)
    if (settlement.again.length === 0) {
      place.release()
      await ends.exhausted(settlement.exhausted)
      return undefined
    }
    counts.add('retried', settlement.again.length)
    await place.pause(settlement.dueAtMs)
  }
}

/** The events, or why there are none. */
function read(outcome: Outcome | undefined, events: readonly MadeEvent[]): MadeEvent[] | Outcome {
  assert(outcome !== undefined, 'a call has an outcome')
  if (outcome.status === 'failed') return outcome
  try {
    return readAnswer(outcome.reply ?? new Uint8Array(0), events)
  } catch (thrown) {
    return { status: 'failed', error: toAppError(thrown) }
  }
}

/** An event that has the id of an input is taken for what became of it; of others nobody knows. */
function unitsOf(inputs: readonly Unit[], events: readonly MadeEvent[]): Unit[] {
  const byId = new Map(inputs.map(input => [input.id, input]))
  const group = new Group(inputs, events.length)
  const [first] = inputs
  assert(first !== undefined, 'a batch is not empty')
  return events.map(({ id, event }) => {
    const input = byId.get(id)
    const readAtMs = input?.readAtMs ?? first.readAtMs
    return new Unit(event, id, input?.original ?? event, readAtMs, first.lane, group)
  })
}
