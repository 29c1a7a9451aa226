import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '@millrace/sdk'
import { describe, expect, test } from 'vitest'
import { repositoryRoot, ServerProcess } from '../../tools/process/index.ts'

interface Ended {
  readonly status: number | null
  readonly out: string
  readonly error: string
}

/** Runs one command line of `millrace` to its end. */
async function millrace(args: readonly string[], environment: Record<string, string>): Promise<Ended> {
  const bin = join(repositoryRoot, 'packages/cli/bin/millrace.js')
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const error: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => error.push(chunk))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, out: Buffer.concat(out).toString(), error: Buffer.concat(error).toString() }
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-end-to-end-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const event = { source: '/test', type: 'order.created', data: { n: 1 } }

describe('the server as a process', () => {
  test('a setting with a wrong value is refused at the start, by name', async () => {
    const { status, error } = await millrace(['start'], { MILLRACE_LISTEN: 'nowhere' })
    expect(status).toBe(1)
    expect(error).toContain('MILLRACE_LISTEN')
  })

  test('a second server on the same data folder is refused and says why', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
      const { status, error } = await millrace(['start'], {
        MILLRACE_DATA: folder,
        MILLRACE_LISTEN: '127.0.0.1:0',
      })
      expect(status).toBe(1)
      expect(error).toContain(folder)
    })
  })

  test('a restart keeps buses, rules and events', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
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
  })

  test('a trace tells why a rule did not match, and a dry run of a replay what it would deliver', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
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
  })

  test('a full log is answered 429 with a pause, and the bus takes events again once they are delivered', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
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
          { timeout: 20_000, interval: 300 },
        )
        .toBe('taken')
    })
  })

  test('send, get and test-pattern speak to a running server', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
      await server.client().buses.put('orders', {})
      const environment = { ...server.credentials, MILLRACE_URL: server.url }
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
  })

  test('a key that cannot be delivered is parked, shown over REST, and goes on when it is resumed', async () => {
    await inFolder(async folder => {
      await using server = await ServerProcess.prepare(folder)
      await server.start()
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
      await expect.poll(async () => (await status())?.lanesParked, { timeout: 10_000 }).toEqual(['k1'])
      isBad = false
      await client.resumeTarget('keys', 'all', 't', 'k1')
      await expect.poll(async () => (await status())?.pending, { timeout: 10_000 }).toBe(0)
      receiver.close()
      receiver.closeAllConnections()
    })
  })
})
