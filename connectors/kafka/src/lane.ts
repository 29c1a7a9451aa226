import { AppError, retryNever, type SourceRecord } from '@millrace/spi'
import { carriedEvent } from './cloud-event.ts'
import { type FetchedRecords, type UnreadableBatch } from './fetched-records.ts'
import { type MessageEvents, timestampOrEpoch } from './message-event.ts'
import { RecordCursor } from './record-cursor.ts'

/** A record of Kafka on its way through the engine. `lane` and `next` are for committing it. */
export class KafkaRecord implements SourceRecord {
  readonly event: Uint8Array
  readonly id: string
  readonly partition: string
  readonly takenAtMs: number
  readonly lane: Lane
  /** Offset that a commit of this record stands for: that of the record behind it. */
  readonly next: number

  constructor(lane: Lane, event: Uint8Array, id: string, takenAtMs: number, next: number) {
    this.event = event
    this.id = id
    this.partition = lane.text
    this.takenAtMs = takenAtMs
    this.lane = lane
    this.next = next
  }
}

/** One that cannot be used. */
class FaultyRecord extends KafkaRecord {
  readonly fault: AppError

  constructor(lane: Lane, event: Uint8Array, id: string, takenAtMs: number, next: number, fault: AppError) {
    super(lane, event, id, takenAtMs, next)
    this.fault = fault
  }
}

export interface LanePlan {
  readonly topic: string
  readonly partition: number
  readonly events: MessageEvents
  readonly isCloudEvents: boolean
  readonly recordBytesMax: number
}

/**
 * One partition while it is this reader's: what was fetched and not read, how far it was read, and how far it was
 * committed. A partition that is lost and comes back gets a new lane, so that records of before are known by their lane.
 */
export class Lane {
  readonly partition: number
  /** `topic-partition`, the partition of its records. */
  readonly text: string
  /** Another reader may have it. */
  isLost = false
  /** Where the next fetch begins. */
  position: number
  /** Behind the last record that was handed out. */
  readTo: number
  /** Up to where commits were asked for. */
  wanted: number
  /** Up to where the broker has confirmed. */
  acknowledged: number
  /** Bytes that were fetched and are not read. */
  bufferedBytes = 0
  readonly #plan: LanePlan
  readonly #fetched: FetchedRecords[] = []
  /** Behind everything that was looked at, ends of transactions included. */
  #seenTo: number
  #held: KafkaRecord | undefined

  constructor(plan: LanePlan, position: number) {
    this.#plan = plan
    this.partition = plan.partition
    this.text = `${plan.topic}-${plan.partition}`
    this.position = position
    this.readTo = position
    this.#seenTo = position
    this.wanted = position
    this.acknowledged = position
  }

  /** Takes what an answer brought. */
  add(records: FetchedRecords): void {
    if (records.endOffset === undefined) return
    this.position = Math.max(this.position, records.endOffset)
    this.#fetched.push(records)
    this.bufferedBytes += records.byteCount
  }

  /** The next record, or undefined when nothing is left here. */
  take(): KafkaRecord | undefined {
    const record = this.#held ?? this.#next()
    this.#held = undefined
    if (record !== undefined) this.readTo = record.next
    return record
  }

  /** Gives the record back that was taken last: it comes again. `readTo` goes back to `before`. */
  hold(record: KafkaRecord, before: number): void {
    this.#held = record
    this.readTo = before
  }

  /** Asks for a commit; true when the broker has not confirmed it yet. */
  want(next: number): boolean {
    if (next > this.wanted) this.wanted = next
    this.#passOver()
    return next > this.acknowledged
  }

  /** When all that was read is done with, what lies behind it and is no data is done with too. */
  #passOver(): void {
    if (this.wanted === this.readTo && this.#held === undefined && this.#seenTo > this.wanted) {
      this.wanted = this.#seenTo
      this.readTo = this.#seenTo
    }
  }

  #next(): KafkaRecord | undefined {
    for (let records = this.#fetched[0]; records !== undefined; records = this.#fetched[0]) {
      const found = records.next()
      if (found instanceof RecordCursor) return this.#safely(found)
      if (found !== undefined) return this.#unreadable(found)
      this.#fetched.shift()
      this.bufferedBytes -= records.byteCount
      this.#seenTo = Math.max(this.#seenTo, records.endOffset ?? 0)
      this.#passOver()
    }
    return undefined
  }

  /** Headers are looked at only now: a checksum does not promise that they can be taken apart. */
  #safely(cursor: RecordCursor): KafkaRecord {
    try {
      return this.#record(cursor)
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown
      const { offset } = cursor
      return this.#unreadable({ firstOffset: offset, lastOffset: offset, fault: 'cannot be taken apart' })
    }
  }

  #record(cursor: RecordCursor): KafkaRecord {
    const { events, isCloudEvents, recordBytesMax } = this.#plan
    const { offset, timestampMs } = cursor
    this.#seenTo = offset + 1
    if (isCloudEvents) {
      const carried = carriedEvent(cursor, recordBytesMax)
      if (carried !== undefined) {
        return new KafkaRecord(this, carried.event, carried.id, timestampMs, offset + 1)
      }
    }
    const { event, fault } = events.write(cursor)
    const id = events.idOf(offset)
    return fault === undefined
      ? new KafkaRecord(this, event, id, timestampMs, offset + 1)
      : new FaultyRecord(this, event, id, timestampMs, offset + 1, fault)
  }

  #unreadable({ firstOffset, lastOffset, fault }: UnreadableBatch): KafkaRecord {
    const { events } = this.#plan
    this.#seenTo = lastOffset + 1
    const range =
      firstOffset === lastOffset ? `at offset ${firstOffset}` : `from ${firstOffset} to ${lastOffset}`
    return new FaultyRecord(
      this,
      events.writeUnreadable(firstOffset, timestampOrEpoch(0)),
      events.idOf(firstOffset),
      0,
      lastOffset + 1,
      new AppError('record.malformed', `The batch of records ${range} ${fault}.`, retryNever),
    )
  }
}
