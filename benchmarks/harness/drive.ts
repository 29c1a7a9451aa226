import { Connection, openSocket } from './connection.ts'
import { Histogram } from './histogram.ts'
import { failuresMax, type LoadOptions, loadOptionsProblem, type LoadResult } from './load-options.ts'
import { PrebuiltRequest } from './prebuilt-request.ts'

/** One connection with its own copy of the request bytes. */
interface Slot {
  connection: Connection
  readonly requests: readonly PrebuiltRequest[]
  turn: number
  /** When the request under way was due; `undefined` when there is none. */
  dueAt: number | undefined
}

/**
 * Drives a server in this process until the options say stop. Rejects when the options do not fit, no connection can
 * be made, more than `failuresMax` connections broke, or the signal aborts.
 */
export async function drive(options: LoadOptions, signal: AbortSignal): Promise<LoadResult> {
  const problem = loadOptionsProblem(options)
  if (problem !== undefined) throw new Error(problem)
  signal.throwIfAborted()
  const driver = new Driver(options)
  const onAbort = () => driver.fail(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await driver.run()
  } finally {
    signal.removeEventListener('abort', onAbort)
    driver[Symbol.dispose]()
  }
}

/**
 * States: warming (the first `warmupRequests`), measuring, finished (nothing more is sent), done (nothing is under
 * way either). Requests are numbered in the order in which they are issued; number n of the measured ones is due at
 * `n / rate` in the open loop, and at once in the closed loop.
 */
class Driver implements Disposable {
  readonly #options: LoadOptions
  readonly #warmupRequests: number
  readonly #histogram = new Histogram()
  readonly #statuses: Record<string, number> = {}
  readonly #slots: Slot[] = []
  readonly #idle: Slot[] = []
  readonly #done = Promise.withResolvers<void>()
  readonly #cpuBefore = process.cpuUsage()
  #timer: NodeJS.Timeout | undefined
  #beganAt = 0
  #measuredFrom = 0
  #lastResponseAt = 0
  #issued = 0
  #underWay = 0
  #sequence: number
  #failures = 0
  #firstFailure: string | undefined
  #backlogMax = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#warmupRequests = options.warmupRequests ?? 0
    this.#sequence = options.sequenceStart ?? 0
  }

  async run(): Promise<LoadResult> {
    const { connections, ratePerSecond } = this.#options
    this.#done.promise.catch(() => {})
    for (let index = 0; index < connections; index++) this.#slots.push(await this.#openSlot(index))
    this.#beganAt = performance.now()
    this.#measuredFrom = this.#beganAt
    this.#idle.push(...this.#slots)
    if (ratePerSecond !== undefined) this.#timer = setInterval(() => this.#pump(), 1)
    this.#pump()
    await this.#done.promise
    return this.#result()
  }

  fail(error: Error): void {
    this.#done.reject(error)
  }

  async #openSlot(index: number): Promise<Slot> {
    const { host, port, requests } = this.#options
    const slot: Slot = {
      connection: await this.#connect(() => slot),
      requests: requests.map(template => new PrebuiltRequest(template, `${host}:${port}`)),
      turn: index,
      dueAt: undefined,
    }
    return slot
  }

  async #connect(slot: () => Slot): Promise<Connection> {
    const socket = await openSocket(this.#options.host, this.#options.port)
    return new Connection(socket, error => this.#onFailure(slot(), error))
  }

  /** Hands due requests to idle connections. */
  #pump(): void {
    const now = performance.now()
    for (let slot = this.#idle.pop(); slot !== undefined; slot = this.#idle.pop()) {
      const dueAt = this.#nextDueAt(now)
      if (dueAt === undefined) {
        this.#idle.push(slot)
        break
      }
      this.#send(slot, dueAt)
    }
    const { ratePerSecond } = this.#options
    if (ratePerSecond !== undefined && this.#idle.length === 0) {
      const due = Math.floor(((now - this.#beganAt) * ratePerSecond) / 1_000) - this.#issued
      this.#backlogMax = Math.max(this.#backlogMax, due)
    }
    if (this.#underWay === 0 && this.#isFinished(now)) this.#done.resolve()
  }

  /** When the next request is due, if that is now or was before and the run is not finished. */
  #nextDueAt(now: number): number | undefined {
    const { ratePerSecond } = this.#options
    const dueAt = ratePerSecond === undefined ? now : this.#beganAt + (this.#issued * 1_000) / ratePerSecond
    return dueAt > now || this.#isFinished(dueAt) ? undefined : dueAt
  }

  #isFinished(at: number): boolean {
    const { requestsMax, durationMs } = this.#options
    if (requestsMax !== undefined && this.#issued >= this.#warmupRequests + requestsMax) return true
    const measuring = this.#issued > this.#warmupRequests
    return durationMs !== undefined && measuring && at - this.#measuredFrom >= durationMs
  }

  #send(slot: Slot, dueAt: number): void {
    const request = slot.requests[slot.turn++ % slot.requests.length]
    if (request === undefined) return
    const measured = this.#issued >= this.#warmupRequests
    if (this.#issued === this.#warmupRequests) this.#measuredFrom = dueAt
    this.#issued++
    this.#underWay++
    slot.dueAt = dueAt
    const bytes = request.bytes(this.#sequence)
    this.#sequence += request.sequences
    slot.connection.send(bytes, status => this.#onResponse(slot, dueAt, measured, status))
  }

  #onResponse(slot: Slot, dueAt: number, measured: boolean, status: number): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    if (measured) {
      this.#lastResponseAt = performance.now()
      this.#histogram.record((this.#lastResponseAt - dueAt) * 1_000)
    }
    slot.dueAt = undefined
    this.#underWay--
    if (!slot.connection.broken) this.#idle.push(slot)
    this.#pump()
  }

  #onFailure(slot: Slot, error: Error): void {
    this.#failures++
    this.#firstFailure ??= error.message
    if (slot.dueAt !== undefined) this.#underWay--
    slot.dueAt = undefined
    const index = this.#idle.indexOf(slot)
    if (index !== -1) this.#idle.splice(index, 1)
    if (this.#failures > failuresMax) {
      this.fail(new Error(`${this.#failures} connections broke; the first: ${this.#firstFailure}`))
      return
    }
    void this.#reopen(slot)
  }

  async #reopen(slot: Slot): Promise<void> {
    try {
      slot.connection = await this.#connect(() => slot)
      this.#idle.push(slot)
      this.#pump()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  #result(): LoadResult {
    const seconds = Math.max(0, this.#lastResponseAt - this.#measuredFrom) / 1_000
    const cpu = process.cpuUsage(this.#cpuBefore)
    return {
      requests: this.#histogram.count,
      seconds,
      requestsPerSecond: seconds === 0 ? 0 : this.#histogram.count / seconds,
      latencyMs: this.#histogram.summary(1_000),
      statuses: this.#statuses,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      sequenceNext: this.#sequence,
      backlogMax: this.#backlogMax,
      generatorSeconds: (cpu.user + cpu.system) / 1_000_000,
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const { connection } of this.#slots) connection[Symbol.dispose]()
  }
}
