import { execFile, fork } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import grpc from '@grpc/grpc-js'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { outgoing } from '@millrace/spi/conformance'
import definition from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import { afterAll, beforeAll, test } from 'vitest'
import { RocketmqSource } from '../src/source.ts'
import { Gateway, type GatewayHooks } from './gateway.ts'
import { dataOf, gather, Lines, openSink, openSource } from './open.ts'
import { place, type RocketmqServer } from './place.ts'
import { isAlive } from './processes.ts'
import type { ReceiveMessageResponse } from './protocol.ts'
import { Sender } from './send.ts'

const never = new AbortController().signal
const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(30_000)

await describeService('rocketmq', 'failures around a real server', () => {
  let server: RocketmqServer
  let sender: Sender
  let endpoints: string[]
  beforeAll(async () => {
    server = await useService('rocketmq')
    sender = new Sender(server.address)
    endpoints = [server.address]
  })
  afterAll(() => sender[Symbol.asyncDispose]())

  test.concurrent('a topic that is not there is told in words', async ({ expect }) => {
    const { topic } = await place(server)
    await using source = openSource({ endpoints, topic: `${topic}-later`, group: 'nobody' })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.not-found',
      retry: { kind: 'never' },
      message: expect.stringContaining('topic'),
    })
  })

  test.concurrent('nobody listens: reading and writing say so, and may be tried again', async ({
    expect,
  }) => {
    const dead = ['127.0.0.1:9']
    await using source = openSource({ endpoints: dead, topic: 't', group: 'g', requestTimeoutMs: 1_000 })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({
      code: 'source.unavailable',
      retry: { kind: 'backoff' },
    })
    await using sink = openSink({ endpoints: dead, topic: 't', requestTimeoutMs: 1_000 })
    expect(await sink.write([outgoing('1')], never)).toMatchObject([
      { status: 'failed', error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } },
    ])
  })

  test.concurrent('the next address is taken when one does not answer', async ({ expect }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, ['"x"'])
    await using source = openSource({
      endpoints: ['127.0.0.1:9', server.address],
      topic,
      group,
      requestTimeoutMs: 1_000,
    })
    await expect(source.read(limits, inTime())).rejects.toMatchObject({ code: 'source.unavailable' })
    expect(dataOf((await gather(source, 1))[0]).body).toBe('x')
  })

  test.concurrent('addresses that are not public are refused, unless the operator allows them', async ({
    expect,
  }) => {
    for (const endpoint of [server.address, `localhost:${server.address.split(':')[1]}`]) {
      await using source = openSource(
        { endpoints: [endpoint], topic: 't', group: 'g' },
        { allowPrivateTargets: false },
      )
      await expect(source.read(limits, inTime())).rejects.toMatchObject({
        code: 'source.rejected',
        message: expect.stringContaining('not public'),
      })
      await using sink = openSink({ endpoints: [endpoint], topic: 't' }, { allowPrivateTargets: false })
      expect(await sink.write([outgoing('1')], never)).toMatchObject([
        { status: 'failed', error: { code: 'sink.address-refused', retry: { kind: 'never' } } },
      ])
    }
  })

  test.concurrent('over TLS a certificate that nobody vouches for is refused, unless the options take any', async ({
    expect,
  }) => {
    const { topic, group } = await place(server)
    await using careful = openSink({ endpoints, topic, tls: {} })
    expect(await careful.write([outgoing('1')], never)).toMatchObject([
      { status: 'failed', error: { code: 'sink.untrusted' } },
    ])
    const tls = { insecureSkipVerify: true }
    await using careless = openSink({ endpoints, topic, tls })
    expect(await careless.write([outgoing('2')], never)).toMatchObject([{ status: 'ok' }])
    await using source = openSource({ endpoints, topic, group, tls })
    expect(dataOf((await gather(source, 1))[0]).body).toMatchObject({ id: '2' })
  })

  test.concurrent('credentials that are refused need a change', async ({ expect }) => {
    const { topic, group } = await place(server)
    await using gateway = await Gateway.open(server.address, { refusing: grpc.status.UNAUTHENTICATED })
    const credentials = { accessKey: 'ann', accessSecret: 'hush-hush' }
    await using source = openSource({ endpoints: [gateway.address], topic, group, ...credentials })
    await expect(source.read(limits, inTime())).rejects.toSatisfy((error: Error) => {
      expect(error).toMatchObject({ code: 'source.unauthorized', retry: { kind: 'never' } })
      expect(JSON.stringify([error.message, error.cause])).not.toContain('hush-hush')
      return true
    })
  })

  test.concurrent('a client that throws where nobody catches ends the child process alone', async ({
    expect,
  }) => {
    const { topic } = await place(server)
    let isThrowing = true
    await using gateway = await Gateway.open(server.address, {
      // The client takes for granted that settings for producers tell how to repeat.
      onTelemetry: command => (isThrowing ? command.getSettings()?.clearBackoffPolicy() : undefined),
    })
    const lines = new Lines()
    await using sink = openSink({ endpoints: [gateway.address], topic }, { log: lines.log })
    await sink.write([outgoing('1')], never)
    await expect
      .poll(() => lines.seen.find(({ message }) => message === 'the child process ended'), {
        timeout: 10_000,
      })
      .toMatchObject({ fields: { reason: expect.stringMatching(/code [1-9].*Error/) } })
    isThrowing = false
    await expect
      .poll(async () => (await sink.write([outgoing('2')], never))[0]?.status, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe('ok')
  })

  test.concurrent('records outlive the client process that read them', async ({ expect }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, ['"1"', '"2"'])
    const lines = new Lines()
    await using source = openSource({ endpoints, topic, group }, { log: lines.log })
    const records = await gather(source, 2)
    if (!(source instanceof RocketmqSource) || source.clientPid === undefined) throw new Error('no process')
    process.kill(source.clientPid, 'SIGKILL')
    await expect
      .poll(() => lines.seen.some(({ message }) => message === 'the child process ended'))
      .toBe(true)
    // Fails while the next process is waited for, which is allowed, and then holds.
    await expect
      .poll(() => source.commit(records).then(() => 'done', String), { timeout: 20_000, interval: 200 })
      .toBe('done')
    await sender.send(topic, ['"3"'])
    expect(dataOf((await gather(source, 1))[0]).body).toBe('3')
  })

  test.concurrent.for(['SIGKILL', 'SIGTERM'] as const)(
    'the client process ends with its parent (%s)',
    async (signal, { expect }) => {
      const { topic } = await place(server)
      const parent = fork(join(import.meta.dirname, 'parent.ts'), [server.address, topic], { execArgv: [] })
      const pid = await new Promise<number>(resolve =>
        parent.once('message', message => resolve(Number(message))),
      )
      expect(isAlive(pid)).toBe(true)
      parent.kill(signal)
      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
    },
  )

  test.concurrent('the client writes no files of its own', async ({ expect }) => {
    const home = mkdtempSync(join(tmpdir(), 'rocketmq-home-'))
    try {
      const { topic } = await place(server)
      const args = [join(import.meta.dirname, 'parent.ts'), server.address, topic, 'once']
      await new Promise<void>((resolve, reject) => {
        const child = execFile(process.execPath, args, { env: { HOME: home } }, error =>
          error === null ? resolve() : reject(error),
        )
        child.stdin?.end()
      })
      expect(existsSync(join(home, 'logs'))).toBe(false)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })

  test.concurrent.for<[string, GatewayHooks['onReceived'], string | null, string | undefined]>([
    ['a checksum that does not fit', breakChecksum, null, 'record.malformed'],
    ['a packed body that is broken', breakPacking, null, 'record.malformed'],
    ['a body packed by a client of the older protocol, which', packAsBefore, 'packed', undefined],
  ])('%s is seen for what it is', async ([_name, onReceived, body, code], { expect }) => {
    const { topic, group } = await place(server)
    await sender.send(topic, ['"x"'])
    await using gateway = await Gateway.open(server.address, onReceived === undefined ? {} : { onReceived })
    await using source = openSource({ endpoints: [gateway.address], topic, group })
    const [record] = await gather(source, 1)
    expect(record?.fault?.code).toBe(code)
    expect(dataOf(record).body).toBe(body)
    await source.commit(record === undefined ? [] : [record])
  })
})

function breakChecksum(response: ReceiveMessageResponse): void {
  response.getMessage()?.getSystemProperties()?.getBodyDigest()?.setChecksum('1234abcd')
}

function breakPacking(response: ReceiveMessageResponse): void {
  response.getMessage()?.getSystemProperties()?.setBodyEncoding(definition.Encoding.GZIP)
}

function packAsBefore(response: ReceiveMessageResponse): void {
  const body = deflateSync('"packed"')
  const system = response.getMessage()?.setBody(body).getSystemProperties()
  system?.setBodyEncoding(definition.Encoding.GZIP)
  system?.getBodyDigest()?.setChecksum(createHash('md5').update(body).digest('hex'))
}
