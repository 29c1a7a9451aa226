import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '@millrace/server'
import { FakeClock } from '@millrace/spi/fake-clock'
import { type Accepted, type Client, createClient, type EventInput } from '../index.ts'
import { applyTestWiring } from './apply-test-wiring.ts'
import type { TestMillraceOptions } from './options.ts'
import { ProbedSinks } from './probed-sinks.ts'
import type { TargetProbe } from './target-probe.ts'
import { whyNot } from './why-not.ts'

/** Real time after which waiting for rest is given up: what does not rest by then is taken for hanging. */
const restMsMax = 20_000

/** What names an event: an event with an id, or what publishing it answered. */
export interface EventName {
  readonly id?: string | undefined
}

/** A Millrace for one test, made by `createTestMillrace`. */
export class TestMillrace implements AsyncDisposable {
  readonly #server: RunningServer
  readonly #clock: FakeClock
  readonly #sinks: ProbedSinks
  readonly #folder: string
  /** A client with all rights. */
  readonly client: Client
  readonly url: string
  readonly token: string

  private constructor(server: RunningServer, clock: FakeClock, sinks: ProbedSinks, folder: string) {
    this.#server = server
    this.#clock = clock
    this.#sinks = sinks
    this.#folder = folder
    this.url = server.url
    this.token = server.token
    this.client = createClient({ url: server.url, token: server.token })
  }

  static async start(options: TestMillraceOptions): Promise<TestMillrace> {
    const clock = new FakeClock(options.startMs)
    const sinks = new ProbedSinks(clock, options.functions ?? {})
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const server = await startServer({
      environment: {
        PATH: process.env['PATH'],
        MILLRACE_LOG: 'error',
        MILLRACE_ALLOW_PRIVATE_TARGETS: 'true',
        ...options.environment,
        MILLRACE_STORAGE: 'memory',
        MILLRACE_DATA: folder,
        MILLRACE_LISTEN: '127.0.0.1:0',
      },
      clock,
      wrapSinks: inner => sinks.around(inner),
    })
    const millrace = new TestMillrace(server, clock, sinks, folder)
    try {
      await applyTestWiring(millrace.client, folder, options)
    } catch (thrown) {
      await millrace[Symbol.asyncDispose]()
      throw thrown
    }
    return millrace
  }

  /** Milliseconds since the epoch, by the clock of the test. */
  get nowMs(): number {
    return this.#clock.nowMs()
  }

  /** Publishes one event; it need not be delivered when this resolves. */
  publish(bus: string, event: EventInput): Promise<Accepted> {
    return this.client.events.publish(bus, event)
  }

  /** Resolves when everything is delivered, or waits for time, a person or news from outside. Rejects after 20 s of real time. */
  settled(): Promise<void> {
    return this.#server.settled(AbortSignal.timeout(restMsMax))
  }

  /** Moves time on: retries, schedules, windows and deadlines come at their times, and each runs to rest before the next. */
  async advance(delayMs: number): Promise<void> {
    const untilMs = this.#clock.nowMs() + delayMs
    await this.settled()
    for (;;) {
      const dueAtMs = this.#clock.nextDueAtMs
      if (dueAtMs === undefined || dueAtMs > untilMs) break
      await this.#clock.advance(Math.max(0, dueAtMs - this.#clock.nowMs()))
      await this.settled()
    }
    await this.#clock.advance(untilMs - this.#clock.nowMs())
  }

  /** What a target (`bus/rule/target`) or the sink of a stream (`stream/name`) got; faults and stand-ins are set here, too. */
  target(name: string): TargetProbe {
    return this.#sinks.probe(name)
  }

  /** Everything that was given to any target, by target. */
  get targets(): readonly TargetProbe[] {
    return this.#sinks.all
  }

  /** Waits for rest; rejects with what the server knows of the event's way unless the target has taken it. */
  async expectDelivered(event: EventName, target: string): Promise<void> {
    await this.settled()
    const { delivered } = this.target(target)
    if (delivered.some(record => record.event['id'] === event.id)) return
    throw new Error(await whyNot(this.client, event, this.target(target)))
  }

  /** Waits for rest; rejects when the target has taken the event. */
  async expectNotDelivered(event: EventName, target: string): Promise<void> {
    await this.settled()
    const { delivered } = this.target(target)
    if (!delivered.some(record => record.event['id'] === event.id)) return
    throw new Error(`event ${event.id} was delivered to ${target}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = new AbortController()
    const stopping = Promise.resolve(this.#server[Symbol.asyncDispose]()).finally(() => stopped.abort())
    // What waits for a deadline of the clock would wait for good.
    while (!stopped.signal.aborted) await this.#clock.advance(1_000)
    await stopping
    await rm(this.#folder, { recursive: true, force: true })
  }
}
