import type { ServerProcess } from '../../tools/process/index.ts'
import { describe, expect, test } from 'vitest'
import { MillraceCommand, millrace, patienceMs, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

async function serverWithOrders(): Promise<ServerProcess> {
  const server = await runningServer(await temporaryFolder())
  await server.client().buses.put('orders', {})
  return server
}

const order = (type: string, n: number) => ({ id: `e${n}`, source: '/shop', type, data: { n } })

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('millrace tail', { timeout: testLimitMs }, () => {
  test('shows events as they come, from now on, and ends on SIGINT with code 0', async () => {
    const server = await serverWithOrders()
    await server.client().events.publish('orders', order('order.early', 1))
    const tail = MillraceCommand.launch(['tail', 'orders'], environmentOf(server))

    // The command says nothing when it is connected: what is published before is not its to show.
    let published = 1
    await expect
      .poll(
        async () => {
          await server.client().events.publish('orders', order('order.late', ++published))
          return tail.out
        },
        { timeout: patienceMs, interval: 100 },
      )
      .toContain('order.late')
    await server.client().events.publish('orders', order('order.last', ++published))
    await tail.shows('order.last')
    tail.signal('SIGINT')

    const { status, out, error } = await tail.ended()
    expect({ status, error }).toEqual({ status: 0, error: '' })
    expect(out).not.toContain('order.early')
    expect(out).toMatch(new RegExp(`${published} \\S+ order\\.last /shop \\{"n":${published}\\}`))
  })

  test('--json gives one event a line, whole, and --from those that are there already', async () => {
    const server = await serverWithOrders()
    for (const n of [1, 2, 3]) await server.client().events.publish('orders', order('order.created', n))
    const tail = MillraceCommand.launch(['tail', 'orders', '--json', '--from', '2'], environmentOf(server))
    await tail.shows('"e3"')
    await server.client().events.publish('orders', order('order.created', 4))
    await tail.shows('"e4"')
    tail.signal('SIGINT')

    const { status, out } = await tail.ended()
    expect(status).toBe(0)
    expect(jsonLines(out)).toMatchObject(
      [2, 3, 4].map(n => ({ ...order('order.created', n), specversion: '1.0' })),
    )
  })

  test('--pattern lets through what matches, and a pattern that is none is refused with code 1', async () => {
    const server = await serverWithOrders()
    for (const n of [1, 2, 3, 4])
      await server.client().events.publish('orders', order(n % 2 === 0 ? 'order.even' : 'order.odd', n))
    const options = ['tail', 'orders', '--json', '--from', '1', '--pattern']
    const tail = MillraceCommand.launch([...options, '{"type":["order.even"]}'], environmentOf(server))
    await tail.shows('"e4"')
    tail.signal('SIGINT')
    const refused = await millrace([...options, '{"type":[{"prefx":"a"}]}'], environmentOf(server))

    expect(jsonLines((await tail.ended()).out).map(event => event['id'])).toEqual(['e2', 'e4'])
    expect(refused.status).toBe(1)
    expect(refused.error).toContain('prefx')
  })

  test('a reader that leaves ends it with code 0, without a word', async () => {
    const server = await serverWithOrders()
    await server.client().events.publish('orders', order('order.created', 1))
    const tail = MillraceCommand.launch(['tail', 'orders', '--from', '1'], environmentOf(server))
    await tail.shows('order.created')
    tail.leave()
    // The next one has nobody to read it.
    await server.client().events.publish('orders', order('order.created', 2))

    expect(await tail.ended()).toMatchObject({ status: 0, error: '' })
  })

  test('a server that goes away ends it, and a bus that is not there is an error with code 1', async () => {
    const server = await serverWithOrders()
    await server.client().events.publish('orders', order('order.created', 1))
    const nowhere = await millrace(['tail', 'nowhere'], environmentOf(server))
    const tail = MillraceCommand.launch(['tail', 'orders', '--from', '1'], environmentOf(server))
    await tail.shows('order.created')
    await server.stop()

    expect(nowhere.status).toBe(1)
    expect(nowhere.error).toContain('nowhere')
    expect((await tail.ended()).out).toContain('order.created')
  })
})

describe('millrace get', { timeout: testLimitMs }, () => {
  test('lists buses, rules and functions, shows one whole, and its status', async () => {
    const server = await serverWithOrders()
    const client = server.client()
    const environment = environmentOf(server)
    const code = await client.uploadCode(
      new Map([['index.mjs', Buffer.from('export const handler = event => event')]]),
    )
    await client.functions.put('twin', { code, handler: 'index.handler' })
    const targets = [{ id: 't', sink: { function: 'twin' }, paused: true }]
    await client.rules('orders').put('all', { pattern: { type: [{ prefix: 'order.' }] }, targets })
    await client.events.publish('orders', order('order.created', 1))
    const get = (...args: string[]) => millrace(['get', ...args], environment)

    const buses = await get('buses')
    expect(buses).toMatchObject({ status: 0, error: '' })
    expect(buses.out).toMatch(/default[^]*orders/)
    expect(JSON.parse((await get('functions', '--json')).out)).toMatchObject([
      { name: 'twin', spec: { handler: 'index.handler' } },
    ])
    expect((await get('rules', '--bus', 'orders')).out).toMatch(/all\s+1/)
    expect((await get('rule', 'all', '--bus', 'orders')).out).toContain('prefix: order.')
    await expect
      .poll(async () => (await get('rule', 'all', '--bus', 'orders', '--status')).out, {
        timeout: patienceMs,
      })
      .toContain('pending: 1')
    expect((await get('bus', 'orders', '--status')).out).toContain('next: 2')
  })

  test('what cannot be shown is refused with code 1 and says what there is', async () => {
    const server = await serverWithOrders()
    const environment = environmentOf(server)

    const kind = await millrace(['get', 'pigeons'], environment)
    const whose = await millrace(['get', 'rules'], environment)
    const absent = await millrace(['get', 'bus', 'absent'], environment)
    const usage = await millrace(['get'], environment)

    expect([kind.status, whose.status, absent.status, usage.status]).toEqual([1, 1, 1, 2])
    expect(kind.error).toContain('buses, rules, functions, streams')
    expect(whose.error).toContain('--bus')
    expect(absent.error).toContain('absent')
    expect(usage.error).toContain('kind')
  })
})
