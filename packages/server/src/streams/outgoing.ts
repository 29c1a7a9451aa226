import { structuredMediaType } from '@millrace/cloudevents'
import { type OutgoingRecord, toAppError } from '@millrace/spi'
import { OutgoingEvent } from '../delivery/index.ts'
import { joinArray } from './json-array.ts'
import type { StreamPlan } from './plan.ts'
import type { Exhausted } from './settle.ts'
import type { Unit } from './unit.ts'

/** What is given to the sink, and what cannot be. */
export interface Prepared {
  /** Units that are written: one record each, or all in one. */
  readonly units: readonly Unit[]
  readonly records: readonly OutgoingRecord[]
  readonly refused: readonly Exhausted[]
}

/** Makes the records of a write. A faulty unit, and one that a transform cannot be applied to, is refused alone. */
export function prepare(plan: StreamPlan, units: readonly Unit[], stopsAtRefused: boolean): Prepared {
  const good: Unit[] = []
  const records: OutgoingRecord[] = []
  const refused: Exhausted[] = []
  for (const unit of units) {
    // A stream that is to stop before a record writes nothing that comes behind it.
    if (stopsAtRefused && refused.length > 0) break
    try {
      if (unit.fault !== undefined) throw unit.fault
      records.push(outgoingRecord(plan, unit))
      good.push(unit)
    } catch (thrown) {
      const error = toAppError(thrown)
      refused.push({ unit, error, detail: error.message })
    }
  }
  return { units: good, records: plan.isList ? listRecord(plan, records) : records, refused }
}

const noParameters: Readonly<Record<string, string>> = Object.freeze({})
const nothing = new Uint8Array(0)
const jsonMediaType = 'application/json'

function outgoingRecord(plan: StreamPlan, { event, failures, unheard }: Unit): OutgoingRecord {
  const attempt = failures + unheard + 1
  const parameters = plan.parameters.length === 0 ? noParameters : transformed(plan, event)
  if (plan.transform === undefined)
    return new OutgoingEvent(event, event, structuredMediaType, parameters, attempt)
  const result = plan.transform.apply(event)
  return new OutgoingEvent(event, result?.bytes ?? nothing, result?.contentType, parameters, attempt)
}

function transformed(plan: StreamPlan, event: Uint8Array): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, transform] of plan.parameters) {
    const result = transform.apply(event)
    if (result !== undefined) values[name] = Buffer.from(result.bytes).toString()
  }
  return values
}

/** A batch as one record: its body is the array of the bodies; event, parameters and attempt are those of the first. */
function listRecord(plan: StreamPlan, records: readonly OutgoingRecord[]): OutgoingRecord[] {
  const [first] = records
  if (first === undefined) return []
  const bodies = records.map(record => (plan.transform === undefined ? record.body : jsonOf(record)))
  return [new OutgoingEvent(first.event, joinArray(bodies), jsonMediaType, first.parameters, first.attempt)]
}

/** The body as an element of an array: an object or array as it is, a text as a string, null where the path leads to nothing. */
function jsonOf({ body, contentType }: OutgoingRecord): Uint8Array {
  if (contentType === undefined) return Buffer.from('null')
  if (contentType.startsWith('text/')) return Buffer.from(JSON.stringify(Buffer.from(body).toString()))
  return body
}
