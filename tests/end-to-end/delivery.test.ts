import type { Client, RetrySpec } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { patienceMs, testLimitMs } from './command.ts'
import { runningServer, temporaryFolder } from './place.ts'
import { Receiver } from './receiver.ts'

const wait = { timeout: patienceMs }

interface TargetState {
  readonly pending: number
  readonly inFlight: number
  readonly state: string
  readonly lastError?: { readonly atMs: number }
}

async function targetState(client: Client, rule: string): Promise<TargetState | undefined> {
  const { targets } = (await client.rules('orders').status(rule)) as { targets: TargetState[] }
  return targets[0]
}

const order = (id: string, type = 'order.created') => ({ id, source: '/shop', type, data: {} })

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `e${100 + n}`)

const toHttp = (url: string) => ({ connector: 'http', options: { url } })

describe('delivery by the server process', { timeout: testLimitMs }, () => {
  test('SIGTERM lets the attempt under way end, exits with code 0, and a restart delivers the rest', async () => {
    const receiver = await Receiver.start()
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('orders', {})
    const target = { id: 't', sink: toHttp(`${receiver.url}/all`), concurrencyMax: 1 }
    await client.rules('orders').put('all', { pattern: {}, targets: [target] })
    receiver.behaviour = 'holding'
    await client.events.publishBatch(
      'orders',
      ids(5).map(id => order(id)),
    )
    await expect.poll(() => receiver.arrivals.length, wait).toBe(1)

    const stopped = server.stop()
    await expect.poll(() => client.isReady(), wait).toBe(false)
    receiver.release()

    expect(await stopped).toBe(0)
    await server.start()
    await expect.poll(async () => (await targetState(client, 'all'))?.pending, wait).toBe(0)
    // The door closes before deliveries stop: more may have arrived in between, but nothing arrives twice.
    expect(receiver.idsAt('/all')).toEqual(ids(5))
  })

  test('a target that never answers does not keep SIGTERM from ending the server, and loses nothing', async () => {
    const receiver = await Receiver.start()
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('orders', {})
    const target = { id: 't', sink: toHttp(`${receiver.url}/all`), timeoutMs: 600_000 }
    await client.rules('orders').put('all', { pattern: {}, targets: [target] })
    receiver.behaviour = 'holding'
    await client.events.publish('orders', order('e100'))
    await expect.poll(() => receiver.arrivals.length, wait).toBe(1)

    expect(await server.stop()).toBe(0)
    receiver.release()
    await server.start()

    await expect.poll(() => receiver.idsAt('/all'), wait).toEqual(['e100', 'e100'])
  })

  test('after a change of a rule pending deliveries use its new target, and each event met the rule of its time', async () => {
    const receiver = await Receiver.start()
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('orders', {})
    const rule = (type: string, path: string, paused: boolean) => ({
      pattern: { type: [type] },
      targets: [{ id: 't', sink: toHttp(`${receiver.url}/${path}`), paused }],
    })
    await client.rules('orders').put('r', rule('order.created', 'old', true))
    await client.events.publishBatch('orders', [order('a1'), order('b1', 'order.paid'), order('a2')])
    await server.kill()
    await server.start()
    await expect.poll(async () => (await targetState(client, 'r'))?.pending, wait).toBe(2)

    await client.rules('orders').put('r', rule('order.paid', 'new', false))
    await client.events.publishBatch('orders', [order('a3'), order('b2', 'order.paid')])

    // Together, so that a failure tells whether an event was not routed or is still waiting.
    const outcome = async () => ({
      arrived: receiver.idsAt('/new'),
      pending: (await targetState(client, 'r'))?.pending,
    })
    await expect.poll(outcome, wait).toEqual({ arrived: ['a1', 'a2', 'b2'], pending: 0 })
    expect(receiver.arrivals).toHaveLength(3)
  })

  test('a target that is away and comes back gets everything, and hardly a retry was used up meanwhile', async () => {
    const count = 60
    const receiver = await Receiver.start()
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('orders', {})
    // Left to its retries alone, each delivery would be given up within half a second of its first attempt.
    const retry: RetrySpec = { strategy: 'CUSTOM', retriesMax: 5, delayMsMin: 50, delayMsMax: 100 }
    const target = { id: 't', sink: toHttp(`${receiver.url}/all`), retry, concurrencyMax: 5 }
    await client.rules('orders').put('all', { pattern: {}, targets: [target] })
    receiver.behaviour = 'away'
    await client.events.publishBatch(
      'orders',
      ids(count).map(id => order(id)),
    )
    await expect.poll(async () => (await targetState(client, 'all'))?.state, wait).toBe('circuit-open')
    // Until a probe has failed at a time by which the retries of a delivery would long have been used up.
    const openedAtMs = (await targetState(client, 'all'))?.lastError?.atMs ?? 0
    const sinceOpenedMs = async () => ((await targetState(client, 'all'))?.lastError?.atMs ?? 0) - openedAtMs
    await expect.poll(sinceOpenedMs, wait).toBeGreaterThan(1_200)
    expect(await targetState(client, 'all')).toMatchObject({ pending: count, state: 'circuit-open' })

    receiver.behaviour = 'present'

    await expect.poll(() => receiver.idsAt('/all').length, wait).toBe(count)
    expect(receiver.idsAt('/all')).toEqual(ids(count))
    await expect.poll(() => targetState(client, 'all'), wait).toMatchObject({ pending: 0, state: 'running' })
    const retried = receiver.arrivals.filter(({ attempt }) => attempt > 1)
    expect(retried.length).toBeLessThan(count / 2)
  })
})
