import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MillraceError } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { millrace, patienceMs, testLimitMs } from './command.ts'
import { environmentOf, runningServer, temporaryFolder } from './place.ts'

const event = { source: '/test', type: 'order.created', data: { n: 1 } }

describe('the server as a process', { timeout: testLimitMs }, () => {
  test('a setting with a wrong value is refused at the start, by name', async () => {
    const { status, error } = await millrace(['start'], { MILLRACE_LISTEN: 'nowhere' })
    expect(status).toBe(1)
    expect(error).toContain('MILLRACE_LISTEN')
  })

  test('a second server on the same data folder is refused and says why', async () => {
    const folder = await temporaryFolder()
    await runningServer(folder)
    const { status, error } = await millrace(['start'], {
      MILLRACE_DATA: folder,
      MILLRACE_LISTEN: '127.0.0.1:0',
    })
    expect(status).toBe(1)
    expect(error).toContain(folder)
  })

  test('a restart keeps buses, rules and events', async () => {
    const server = await runningServer(await temporaryFolder())
    await server.client().buses.put('kept', {})
    await server
      .client()
      .rules('kept')
      .put('none', { pattern: { type: ['x'] } })
    const { position } = await server.client().events.publish('kept', { ...event, id: 'e1' })
    await server.kill()
    await server.start()
    const { items } = await server.client().events.list('kept', { from: position })
    expect(items.map(item => item.event['id'])).toEqual(['e1'])
    expect((await server.client().rules('kept').get('none')).spec.pattern).toEqual({ type: ['x'] })
  })

  test('a trace tells why a rule did not match, and a dry run of a replay what it would deliver', async () => {
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('orders', {})
    const targets = [{ id: 't', sink: { connector: 'echo' } }]
    await client.rules('orders').put('paid', { pattern: { type: ['order.paid'] }, targets })
    await client.rules('orders').put('created', { pattern: { type: ['order.created'] }, targets })
    const { position } = await client.events.publish('orders', event)
    expect(JSON.stringify(await client.events.trace('orders', position))).toContain('order.paid')
    const status = await client.startReplay('orders', { rule: 'created', dryRun: true })
    expect(status).toMatchObject({ matched: 1, state: 'dry-run' })
  })

  test('a full log is answered 429 with a pause, and the bus takes events again once they are delivered', async () => {
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    await client.buses.put('small', { retentionBytesMax: 4_096, eventBytesMax: 2_048 })
    const target = { id: 't', sink: { connector: 'echo' }, paused: true }
    await client.rules('small').put('all', { pattern: {}, targets: [target] })
    const send = () => client.events.publish('small', { ...event, data: 'x'.repeat(1_000) })
    const refusal = await (async () => {
      for (let turn = 0; turn < 10; turn++) {
        try {
          await send()
        } catch (thrown) {
          return thrown
        }
      }
      return undefined
    })()
    expect(refusal).toBeInstanceOf(MillraceError)
    expect(refusal).toMatchObject({ status: 429, code: 'bus.log-full' })
    expect((refusal as MillraceError).retryAfterMs).toBeGreaterThan(0)
    await client.resumeTarget('small', 'all', 't')
    await expect
      .poll(
        () =>
          send().then(
            () => 'taken',
            () => 'refused',
          ),
        { timeout: patienceMs, interval: 300 },
      )
      .toBe('taken')
  })

  test('send, get and test-pattern speak to a running server', async () => {
    const server = await runningServer(await temporaryFolder())
    await server.client().buses.put('orders', {})
    const environment = environmentOf(server)
    const sent = await millrace(['send', 'orders', '{"n":1}', '--type', 'order.created'], environment)
    expect(sent).toMatchObject({ status: 0, error: '' })
    expect(sent.out).toContain('position 1 of orders')
    expect((await millrace(['get', 'buses'], environment)).out).toContain('orders')
    const pattern = [
      'test-pattern',
      '{"type":["a"]}',
      '{"id":"1","source":"s","type":"b","specversion":"1.0"}',
    ]
    const verdict = await millrace(pattern, environment)
    expect(verdict.status).toBe(1)
    expect(verdict.out).toContain('does not match')
  })

  test('a key that cannot be delivered is parked, shown over REST, and goes on when it is resumed', async () => {
    const server = await runningServer(await temporaryFolder())
    const client = server.client()
    let isBad = true
    const receiver = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(isBad ? 422 : 200).end())
    })
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
    const target = { id: 't', sink: { connector: 'http', options: { url } }, orderBy: '$.data.key' }
    const retry = { strategy: 'CUSTOM' as const, retriesMax: 0 }
    await client.buses.put('keys', {})
    await client
      .rules('keys')
      .put('all', { pattern: {}, targets: [{ ...target, retry, onExhausted: 'block' }] })
    await client.events.publish('keys', { ...event, data: { key: 'k1' } })
    const status = async () => {
      const { targets } = (await client.rules('keys').status('all')) as {
        targets: { pending: number; lanesParked: string[] }[]
      }
      return targets[0]
    }
    await expect.poll(async () => (await status())?.lanesParked, { timeout: patienceMs }).toEqual(['k1'])
    isBad = false
    await client.resumeTarget('keys', 'all', 't', 'k1')
    await expect.poll(async () => (await status())?.pending, { timeout: patienceMs }).toBe(0)
    receiver.close()
    receiver.closeAllConnections()
  })
})
