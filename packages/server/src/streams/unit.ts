import type { AppError, SourceRecord } from '@millrace/spi'
import type { Lane } from './lane.ts'

/** One event on its way through a stream: a record of the source, or one that a function made of such. */
export class Unit {
  readonly event: Uint8Array
  readonly id: string
  /** What the source gave, for the dead letter. */
  readonly original: Uint8Array
  /** When the source gave it: the age limit of retries counts from here. */
  readonly readAtMs: number
  readonly lane: Lane
  readonly origin: SourceRecord | Group
  /** Failed attempts that count, and those at which the sink did not look at it. */
  failures = 0
  unheard = 0
  /** Its end is certain: written, dead-lettered, dropped or left out. */
  isDone = false

  constructor(
    event: Uint8Array,
    id: string,
    original: Uint8Array,
    readAtMs: number,
    lane: Lane,
    origin: SourceRecord | Group,
  ) {
    this.event = event
    this.id = id
    this.original = original
    this.readAtMs = readAtMs
    this.lane = lane
    this.origin = origin
  }

  /** Why the source says that it cannot be used. */
  get fault(): AppError | undefined {
    return this.origin instanceof Group ? undefined : this.origin.fault
  }
}

/**
 * What functions made of a batch. Which output came of which input only the code knows, so the inputs are done when all
 * outputs are.
 */
export class Group {
  readonly inputs: readonly Unit[]
  #left: number

  constructor(inputs: readonly Unit[], outputs: number) {
    this.inputs = inputs
    this.#left = outputs
  }

  /** One output has ended; true when it was the last. */
  end(): boolean {
    this.#left--
    return this.#left === 0
  }
}
