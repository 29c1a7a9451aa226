import { faultProxy, type OwnService, ownService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { type Sink, type Source, type SourceRecord, sleep, systemClock, toAppError } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Gateway } from './gateway.ts'
import { changeBroker } from './broker-settings.ts'
import { dataOf, gather, openSink, openSource } from './open.ts'
import { place } from './place.ts'

const count = 600
const batch = 20
/** Between attempts, as the engine has it, though shorter. */
const pauseMs = 100

await describeService('rocketmq', 'a server of their own', () => {
  let server: OwnService<'rocketmq'>
  beforeAll(async () => {
    server = await ownService('rocketmq')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('SQL chooses messages on the server, and what is no SQL is refused', async () => {
    const { topic, group } = await place(server)
    await changeBroker(server.ports['broker'] ?? 0, 'enablePropertyFilter=true\n')
    const options = { endpoints: [server.address], topic }
    await using sink = openSink(options)
    const prices = [1, 20, 3, 40].map(price =>
      outgoing(String(price), {
        body: Buffer.from(String(price)),
        parameters: { 'properties.price': String(price) },
      }),
    )
    for (const record of prices) await sink.write([record], AbortSignal.timeout(20_000))
    await using source = openSource({ ...options, group, sql: 'price > 10' })
    const records = await gather(source, 2)
    expect(records.map(record => dataOf(record).body)).toEqual([20, 40])
    await source.commit(records)
    await using wrong = openSource({ ...options, group: (await place(server)).group, sql: 'price >' })
    await expect(gather(wrong, 1)).rejects.toMatchObject({ code: 'source.rejected' })
  })

  test('a broker that is killed and comes back loses no record', async () => {
    const { topic, group } = await place(server)
    const options = { endpoints: [server.address], topic, requestTimeoutMs: 2_000 }
    await using sink = openSink(options)
    await using source = openSource({ ...options, group, invisibleMs: 10_000 })
    const flow = new Flow(sink, source)
    const done = flow.run()
    await flow.reached(count / 4)
    await server.kill()
    await server.start()
    await done
    expect(flow.missing()).toEqual([])
    flow.report('a kill')
  }, 180_000)

  test('connections that are cut, reset and stalled lose no record', async () => {
    const { topic, group } = await place(server)
    await using gateway = await Gateway.open(server.address)
    await using faults = await faultProxy({ target: gateway.address })
    // A proxy leads clients to its own address, which here would lead them past the faults.
    gateway.routeTo(faults.address)
    const options = { endpoints: [faults.address], topic, requestTimeoutMs: 1_000 }
    await using sink = openSink(options)
    await using source = openSource({ ...options, group, invisibleMs: 10_000 })
    const flow = new Flow(sink, source)
    const done = flow.run()
    await flow.reached(count / 6)
    faults.cut()
    await flow.reached(count / 3)
    faults.resetAll()
    await flow.reached(count / 2)
    faults.stall()
    await flow.failed()
    faults.resume()
    await done
    expect(flow.missing()).toEqual([])
    flow.report('cuts')
  }, 180_000)
})

/** Writes numbered records until each has been taken, and reads them until each has come and was committed. */
class Flow {
  readonly #sink: Sink
  readonly #source: Source
  readonly #come = new Set<number>()
  readonly #waiters = new Set<() => void>()
  #reads = 0
  #failures = 0

  constructor(sink: Sink, source: Source) {
    this.#sink = sink
    this.#source = source
  }

  async run(): Promise<void> {
    const over = AbortSignal.timeout(150_000)
    await Promise.all([this.#write(over), this.#read(over)])
  }

  /** Resolves when so many records have come. */
  reached(records: number): Promise<void> {
    return this.#until(() => this.#come.size >= records)
  }

  /** Resolves when reading or writing fails from now on. */
  failed(): Promise<void> {
    const before = this.#failures
    return this.#until(() => this.#failures > before)
  }

  missing(): number[] {
    return Array.from({ length: count }, (_, number) => number).filter(number => !this.#come.has(number))
  }

  report(what: string): void {
    const twice = this.#reads - this.#come.size
    // oxlint-disable-next-line no-console
    console.log(`${what}: ${count} records, ${twice} of them read again, ${this.#failures} calls failed`)
  }

  async #write(over: AbortSignal): Promise<void> {
    for (let first = 0; first < count; first += batch) {
      let left = Array.from({ length: batch }, (_, index) => first + index)
      while (left.length > 0) {
        const outcomes = await this.#sink.write(
          left.map(number => outgoing(String(number), { body: Buffer.from(String(number)) })),
          over,
        )
        const failed = outcomes.filter(outcome => outcome.status === 'failed')
        for (const { error } of failed) expect(error.retry.kind).not.toBe('never')
        left = left.filter((_number, index) => outcomes[index]?.status === 'failed')
        if (failed.length === 0) continue
        this.#fail()
        await sleep(systemClock, pauseMs, over)
      }
    }
  }

  async #read(over: AbortSignal): Promise<void> {
    while (this.#come.size < count) {
      try {
        const records = await this.#source.read({ recordsMax: batch, bytesMax: 1_000_000 }, over)
        await this.#commit(records, over)
        this.#reads += records.length
        for (const record of records) this.#come.add(Number(dataOf(record).body))
      } catch (thrown) {
        if (over.aborted) throw thrown
        const error = toAppError(thrown)
        // What was lost comes again.
        if (error.retry.kind === 'never') expect(error.code).toBe('source.lost')
        this.#fail()
      }
      this.#tell()
    }
  }

  /** Commits until the server knows, or has given the records to somebody else. */
  async #commit(records: readonly SourceRecord[], over: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#source.commit(records)
        return
      } catch (thrown) {
        if (toAppError(thrown).retry.kind === 'never') throw thrown
        this.#fail()
        await sleep(systemClock, pauseMs, over)
      }
    }
  }

  #fail(): void {
    this.#failures++
    this.#tell()
  }

  #tell(): void {
    for (const look of this.#waiters) look()
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!isSo()) return
        this.#waiters.delete(look)
        resolve()
      }
      this.#waiters.add(look)
      look()
    })
  }
}
