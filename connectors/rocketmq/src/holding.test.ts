import type { SourceRecord } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import type { Receipt } from './client/index.ts'
import { type Held, Holding } from './holding.ts'

const invisibleMs = 30_000
const receipt = (handle: string): Receipt => ({
  messageId: handle,
  topic: 't',
  handle,
  endpoints: { scheme: 1, addressesList: [] },
})
const record = (id: string): SourceRecord => ({ id, event: new Uint8Array(1), partition: '' })

/** A server that keeps count of what it was asked. */
class Server {
  readonly acknowledged: string[] = []
  readonly hidden: { readonly handle: string; readonly forMs: number }[] = []
  readonly released: Held[] = []
  readonly clock = new FakeClock()
  isDown = false
  /** Handles whose receipts do not count any more. */
  readonly stale = new Set<string>()
  /** Resolves the next `hide`, when set. */
  gate: Promise<void> = Promise.resolve()
  readonly holding = new Holding(this.clock, invisibleMs, {
    acknowledge: async receipts => {
      await this.#answer()
      return receipts.map(({ handle }) => {
        if (this.stale.has(handle)) return { name: 'E', message: 'stale', code: 40_013 }
        this.acknowledged.push(handle)
        return undefined
      })
    },
    hide: async (receipts, forMs) => {
      await this.gate
      await this.#answer()
      return receipts.map(({ handle }) => {
        if (this.stale.has(handle)) return { fault: { name: 'E', message: 'stale', code: 40_013 } }
        this.hidden.push({ handle, forMs })
        return { handle: `${handle}+` }
      })
    },
    isLost: ({ code }) => code === 40_013,
    released: held => void this.released.push(held),
  })

  #answer(): Promise<void> {
    return this.isDown ? Promise.reject(new Error('down')) : Promise.resolve()
  }
}

describe('a message that is held', () => {
  test('is hidden anew before its time is over, and acknowledged with the receipt that counts by then', async () => {
    const server = new Server()
    const one = record('1')
    server.holding.add(one, receipt('r'), undefined)
    await server.clock.advance(invisibleMs * 2)
    expect(server.hidden.length).toBeGreaterThanOrEqual(3)
    expect(server.hidden.every(({ forMs }) => forMs === invisibleMs)).toBe(true)
    expect(await server.holding.acknowledge([one])).toEqual([undefined])
    expect(server.acknowledged).toEqual([`r${'+'.repeat(server.hidden.length)}`])
    expect(server.holding.size).toBe(0)
    expect(server.clock.pending).toBe(0)
  })

  test('is not acknowledged while its receipt is being replaced', async () => {
    const server = new Server()
    const one = record('1')
    server.holding.add(one, receipt('r'), undefined)
    const gate = Promise.withResolvers<void>()
    server.gate = gate.promise
    await server.clock.advance(invisibleMs / 2)
    const done = server.holding.acknowledge([one])
    await server.clock.settle()
    expect(server.acknowledged).toEqual([])
    gate.resolve()
    expect(await done).toEqual([undefined])
    expect(server.acknowledged).toEqual(['r+'])
  })

  test('may be acknowledged again when that failed, and twice at once as well as once', async () => {
    const server = new Server()
    const one = record('1')
    server.holding.add(one, receipt('r'), undefined)
    server.isDown = true
    expect(await server.holding.acknowledge([one])).toMatchObject([{ message: 'down' }])
    server.isDown = false
    const both = await Promise.all([server.holding.acknowledge([one]), server.holding.acknowledge([one])])
    expect(both).toEqual([[undefined], [undefined]])
    expect(server.acknowledged).toEqual(['r'])
    expect(await server.holding.acknowledge([one])).toEqual([undefined])
    expect(server.released).toHaveLength(1)
  })

  test('is lost when the server says so, alone', async () => {
    const server = new Server()
    const [one, two] = [record('1'), record('2')]
    server.holding.add(one, receipt('a'), undefined)
    server.holding.add(two, receipt('b'), undefined)
    server.stale.add('a')
    expect(await server.holding.acknowledge([one, two])).toEqual(['lost', undefined])
    expect(server.holding.size).toBe(0)
  })

  test('is lost when it could not be hidden in time', async () => {
    const server = new Server()
    const one = record('1')
    server.holding.add(one, receipt('r'), undefined)
    server.isDown = true
    await server.clock.advance(invisibleMs * 1.2)
    expect(server.released).toHaveLength(1)
    server.isDown = false
    expect(await server.holding.acknowledge([one])).toEqual(['lost'])
    expect(server.acknowledged).toEqual([])
    expect(server.clock.pending).toBe(0)
  })

  test('is shown to others when it is given back, and not hidden any more', async () => {
    const server = new Server()
    const [one, two] = [record('1'), record('2')]
    server.holding.add(one, receipt('a'), undefined)
    server.holding.add(two, receipt('b'), undefined)
    await server.holding.acknowledge([one])
    await server.holding.giveBack()
    expect(server.hidden).toEqual([{ handle: 'b', forMs: 1 }])
    await server.clock.advance(invisibleMs * 2)
    expect(server.hidden).toHaveLength(1)
    expect(server.clock.pending).toBe(0)
  })
})
