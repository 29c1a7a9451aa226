import { type Clock, type ConnectorContext, untilAborted } from '@millrace/spi'
import { postgresError } from './errors.ts'
import { quoted, quotedText } from './identifier.ts'
import { connectionOf, type Session } from './session.ts'

/** The server is told how far we are at least so often; more often where it gives up sooner. */
const statusIntervalMsMax = 10_000
/** Silence for so many intervals, in which the server was asked to answer, is the end of a connection. */
const silentIntervalsMax = 3
/** Milliseconds between the epoch and 2000-01-01, from which PostgreSQL counts. */
const postgresEpochMs = 946_684_800_000

export interface WalNames {
  readonly slot: string
  readonly publication: string
}

/** What arrives. Bytes are valid only during the call. */
export interface WalListener {
  /** One message of the output plug-in. */
  onData(bytes: Buffer): void
  /** The server has sent everything before this place. */
  onProgress(endLsn: bigint): void
  /** Called once, when no more comes. */
  onEnd(reason: Error): void
}

/**
 * Changes as the server sends them (section 55.4 of the manual). What is done with is told by `acknowledge`, and by nothing
 * else: the server may forget what was acknowledged. While the stream is paused nothing is taken off the socket, and the server
 * is told all the same that somebody is there.
 */
export class WalStream implements AsyncDisposable {
  readonly #session: Session
  readonly #clock: Clock
  readonly #listener: WalListener
  /** Zero tells the server nothing new. */
  #acknowledged = 0n
  #timer: Disposable | undefined
  #isPaused = false
  #isOver = false
  #silentIntervals = 0

  constructor(session: Session, context: Pick<ConnectorContext, 'clock'>, listener: WalListener) {
    this.#session = session
    this.#clock = context.clock
    this.#listener = listener
  }

  /** Begins to receive from where the slot stands. Rejects with an AppError, or the reason of the signal. */
  async start({ slot, publication }: WalNames, signal: AbortSignal): Promise<void> {
    const { client, place } = this.#session
    const connection = connectionOf(client)
    const intervalMs = await this.#statusIntervalMs()
    connection.on('copyData', ({ chunk }) => this.#receive(chunk))
    const started = new Promise<void>(resolve => connection.once('replicationStart', resolve))
    const options = `proto_version '1', publication_names ${quotedText(quoted(publication))}`
    this.#session.stream()
    // It ends with the stream: the client waits for the end of what the server sends.
    const ended = this.#session
      .command(`START_REPLICATION SLOT ${quoted(slot)} LOGICAL 0/0 (${options})`)
      .then(() => this.#end(new Error('Connection terminated')))
      .catch((thrown: unknown) => {
        this.#end(thrown)
        throw thrown
      })
    try {
      await untilAborted(Promise.race([started, ended]), signal)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      throw postgresError(thrown, 'source', `slot ${slot}: ${place}`)
    }
    this.#tick(intervalMs)
  }

  pause(): void {
    this.#isPaused = true
    connectionOf(this.#session.client).stream.pause()
  }

  resume(): void {
    this.#isPaused = false
    connectionOf(this.#session.client).stream.resume()
  }

  /** Everything before this place is done with, for good. */
  acknowledge(lsn: bigint): void {
    if (lsn <= this.#acknowledged) return
    this.#acknowledged = lsn
    this.#sendStatus(false)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#timer?.[Symbol.dispose]()
    await this.#session.close()
  }

  /** A third of the time after which the server takes us for dead. */
  async #statusIntervalMs(): Promise<number> {
    const [row] = await this.#session.command(
      "SELECT setting FROM pg_settings WHERE name = 'wal_sender_timeout'",
    )
    const timeoutMs = Number(row?.['setting'] ?? 0)
    return timeoutMs > 0 ? Math.min(statusIntervalMsMax, Math.ceil(timeoutMs / 3)) : statusIntervalMsMax
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return
    this.#silentIntervals = 0
    try {
      const kind = chunk.readUInt8(0)
      if (kind === xLogData) return this.#listener.onData(chunk.subarray(25))
      if (kind !== keepalive) return
      this.#listener.onProgress(chunk.readBigUInt64BE(1))
      if (chunk.readUInt8(17) === 1) this.#sendStatus(false)
    } catch (thrown) {
      this.#end(thrown)
    }
  }

  #tick(intervalMs: number): void {
    if (this.#isOver) return
    this.#timer = this.#clock.timer(intervalMs, () => {
      // While nothing is taken off the socket, silence is ours.
      if (!this.#isPaused && ++this.#silentIntervals > silentIntervalsMax) {
        this.#end(new Error('Connection terminated: the server does not answer'))
        return
      }
      this.#sendStatus(true)
      this.#tick(intervalMs)
    })
  }

  #sendStatus(wantsAnswer: boolean): void {
    if (this.#isOver || this.#session.isEnded) return
    const status = Buffer.alloc(34)
    status.writeUInt8(statusUpdate, 0)
    // Written, flushed, applied: all the same to us.
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(this.#acknowledged, at)
    status.writeBigInt64BE(BigInt(this.#clock.nowMs() - postgresEpochMs) * 1_000n, 25)
    status.writeUInt8(wantsAnswer ? 1 : 0, 33)
    connectionOf(this.#session.client).sendCopyFromChunk(status)
  }

  #end(thrown: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#timer?.[Symbol.dispose]()
    this.#listener.onEnd(postgresError(thrown, 'source', this.#session.place))
    void this.#session.close()
  }
}

const xLogData = 0x77
const keepalive = 0x6b
const statusUpdate = 0x72
