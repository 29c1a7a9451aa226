/** What the reply subject of a message from JetStream says of it. */
export interface Delivery {
  readonly stream: string
  readonly consumer: string
  /** How often it was handed out, this time included. */
  readonly count: number
  /** Its number in the stream. */
  readonly sequence: number
  /** When the stream took it in, in milliseconds since the epoch. */
  readonly takenAtMs: number
}

const nanosecondsPerMillisecond = 1_000_000n

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<count>.<sequence>.<consumer's sequence>.<time>.<pending>`, or the form with domain and
 * account before the stream. Undefined for any other subject: what comes there is no message of a stream.
 */
export function parseDelivery(reply: string | undefined): Delivery | undefined {
  const words = reply?.split('.') ?? []
  if (words[0] !== '$JS' || words[1] !== 'ACK' || words.length < 9) return undefined
  const [stream = '', consumer = '', count, sequence, , time = ''] = words.slice(words.length === 9 ? 2 : 4)
  if (!/^\d{1,19}$/.test(time)) return undefined
  return {
    stream,
    consumer,
    count: Number(count),
    sequence: Number(sequence),
    takenAtMs: Number(BigInt(time) / nanosecondsPerMillisecond),
  }
}
