import { checkWhole } from '../check-whole.ts'
import type { ClientClock, ClientRandom } from '../clock.ts'
import type { EventInput } from '../events.ts'
import type { MillraceError } from '../error.ts'

/** An event that was given up, and why. */
export interface FailedPublication {
  readonly event: EventInput & { readonly id: string }
  readonly error: MillraceError
}

export interface BatchPublisherOptions {
  /** Events of one request at most: 500 unless told, and not more than the 1,000 that a server takes. */
  readonly countMax?: number
  /** Bytes of one request at most, unless a single event has more; 1 MiB unless told. */
  readonly bytesMax?: number
  /** How long an event waits for others that go with it; 5 ms unless told. */
  readonly lingerMs?: number
  /** Requests under way at once; 4 unless told. */
  readonly requestsMax?: number
  /** Events that are held and not yet settled, at most; 10,000 unless told. */
  readonly bufferedMax?: number
  /** Bytes of such events, at most; 64 MiB unless told. */
  readonly bufferedBytesMax?: number
  /** What becomes of an event for which there is no room: it waits (so does the producer), or is refused with `client.publisher-full`. */
  readonly whenFull?: 'wait' | 'refuse'
  /** Events that wait for room, at most; 1,000 unless told. Further ones are refused. */
  readonly waitingMax?: number
  /** Age at which an event is given up, counted from when it was taken; 60,000 ms unless told. */
  readonly deadlineMs?: number
  /** Pauses between attempts: 100 ms, doubled up to 5,000 ms, unless told. What a server asks for is kept in any case. */
  readonly retry?: { readonly delayMsMin?: number; readonly delayMsMax?: number }
  /**
   * Names what keeps an order: of the events of one key, each is stored before the next is. Events without a key go as they
   * come. `event => event.subject` for an order by subject.
   */
  readonly orderBy?: (event: EventInput) => string | undefined
  /** Told of each event that is given up, whoever waits for it. */
  readonly onFailed?: (failure: FailedPublication) => void
  /** How long closing waits for what is held; 10,000 ms unless told. */
  readonly drainMsMax?: number
  readonly clock?: ClientClock
  readonly random?: ClientRandom
}

export const publisherDefaults = {
  countMax: 500,
  bytesMax: 1_048_576,
  lingerMs: 5,
  requestsMax: 4,
  bufferedMax: 10_000,
  bufferedBytesMax: 67_108_864,
  whenFull: 'wait',
  waitingMax: 1_000,
  deadlineMs: 60_000,
  drainMsMax: 10_000,
} as const satisfies BatchPublisherOptions

/** Options, with what has a default filled in. */
export type PublisherSettings = BatchPublisherOptions &
  Required<Pick<BatchPublisherOptions, keyof typeof publisherDefaults>>

export const publisherRetryDefaults = { delayMsMin: 100, delayMsMax: 5_000 } as const

/** Most events that a server takes in one request. */
const countMost = 1_000

/** Throws a RangeError that names an option which is no whole number in its limits. */
export function checkPublisherOptions(options: BatchPublisherOptions): void {
  const limits = [
    ['countMax', 1, countMost],
    ['bytesMax', 1, 16_777_216],
    ['lingerMs', 0, 60_000],
    ['requestsMax', 1, 256],
    ['bufferedMax', 1, 10_000_000],
    ['bufferedBytesMax', 1, 17_179_869_184],
    ['waitingMax', 0, 1_000_000],
    ['deadlineMs', 1, 86_400_000],
    ['drainMsMax', 0, 3_600_000],
  ] as const
  for (const [name, least, most] of limits) checkWhole(name, options[name], least, most)
}
