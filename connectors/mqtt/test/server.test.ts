import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { optionsParser, type Outcome, type Sink, type SourceRecord, systemClock } from '@millrace/spi'
import { eventOf, outgoing } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { Broker, leaveSessions, OneHost, ownNames, reachOf } from './broker.ts'

const host = new OneHost()
const limits = { recordsMax: 100, bytesMax: 1_000_000 }
const inTime = (): AbortSignal => AbortSignal.timeout(20_000)

function openSink(given: object): Sink {
  const sink = connector.sink!
  return sink.open(optionsParser('mqtt', sink.options)(given), { ...host.context, clock: systemClock })
}

function codeOf(outcome: Outcome | undefined): unknown {
  return outcome?.status === 'failed' ? outcome.error.code : outcome?.status
}

await describeService('mosquitto', 'a real server', () => {
  test('topic, user properties and the other properties go there and back', async () => {
    const reach = await reachOf()
    const names = ownNames()
    await leaveSessions(host, reach, names)
    await using sink = openSink({ ...reach, topic: names.group })
    const parameters = {
      subTopic: 'a/b',
      'headers.shop': 'berlin',
      userProperties: '{"n":1}',
      contentType: 'application/json',
      responseTopic: 'answers',
      correlationData: 'c1',
      messageExpirySeconds: '600',
    }
    const record = outgoing('a', { body: new TextEncoder().encode('{"paid":true}'), parameters })
    expect((await sink.write([record], inTime())).map(codeOf)).toEqual(['ok'])
    await using source = host.open(connector, { ...reach, ...names })
    const records = await source.read(limits, inTime())
    expect(eventOf(records[0]!.event)).toMatchObject({
      type: 'mqtt:Topic:SendMessage',
      data: {
        props: {
          firstTopic: names.group,
          secondTopic: '/a/b',
          qos: 1,
          redelivered: false,
          retained: false,
          contentType: 'application/json',
          responseTopic: 'answers',
          correlationData: 'YzE=',
          userProperties: { shop: 'berlin', n: '1' },
        },
        body: { paid: true },
      },
    })
    await source.commit(records)
  })

  test.each(['structured', 'binary'] as const)('an event goes there and back in %s mode', async mode => {
    const reach = await reachOf()
    const names = ownNames()
    await leaveSessions(host, reach, names)
    await using sink = openSink({ ...reach, topic: `${names.group}/events`, mode })
    const record = outgoing('e1')
    await sink.write([record], inTime())
    await using source = host.open(connector, { ...reach, ...names, mode: 'cloudevents' })
    const [read] = await source.read(limits, inTime())
    expect(read?.id).toBe('e1')
    expect(eventOf(read!.event)).toMatchObject(eventOf(record.event))
  })

  test('messages are acknowledged in any order, and only those come again that were not', async () => {
    const reach = await reachOf()
    const names = ownNames()
    await leaveSessions(host, reach, names)
    await using broker = await Broker.open(reach)
    const first = host.open(connector, { ...reach, ...names })
    for (let i = 0; i < 6; i++) await broker.put(`${names.group}/n`, String(i))
    const records: SourceRecord[] = []
    while (records.length < 6) records.push(...(await first.read(limits, inTime())))
    for (const index of [4, 0, 2]) await first.commit([records[index]!])
    await first[Symbol.asyncDispose]()
    await using second = host.open(connector, { ...reach, ...names })
    const again: SourceRecord[] = []
    while (again.length < 3) again.push(...(await second.read(limits, inTime())))
    expect(again.map(({ id }) => id)).toEqual([1, 3, 5].map(index => records[index]!.id))
    expect(eventOf(again[0]!.event).data).toMatchObject({ props: { redelivered: true }, body: 1 })
  })

  test('a task that is given up has its number taken over, and who holds it moves on', async () => {
    const reach = await reachOf()
    const names = ownNames()
    const here = new OneHost()
    await leaveSessions(here, reach, names)
    // Marks of tasks that died, or live elsewhere: nobody can tell.
    await here.checkpoints.save('session-0', 'somebody')
    await here.checkpoints.save('session-1', 'somebody else')
    await using first = here.open(connector, { ...reach, ...names })
    await using broker = await Broker.open(reach)
    await broker.put(`${names.group}/n`, '0')
    const [read] = await first.read(limits, inTime())
    await first.commit([read!])
    const waiting = first.read(limits, inTime())
    await using second = here.open(connector, { ...reach, ...names })
    const others = second.read(limits, inTime())
    // The first one is closed by the server, and reads on with the next number.
    await expect
      .poll(async () => await here.checkpoints.load('session-1'), { timeout: 10_000 })
      .not.toBe('somebody else')
    for (let i = 1; i <= 20; i++) await broker.put(`${names.group}/n`, String(i))
    expect((await waiting).length).toBeGreaterThan(0)
    expect((await others).length).toBeGreaterThan(0)
  })

  test('a reader that does not acknowledge holds no more than it may, whatever the server sends', async () => {
    const reach = await reachOf()
    const names = ownNames()
    await leaveSessions(host, reach, names)
    await using broker = await Broker.open(reach)
    for (let i = 0; i < 60; i++) await broker.put(`${names.group}/n`, String(i))
    await using source = host.open(connector, { ...reach, ...names, prefetch: 5 })
    let read = await source.read(limits, inTime())
    const seen = read.map(({ event }) => (eventOf(event).data as { body: number }).body)
    while (seen.length < 60) {
      expect(read.length).toBeLessThanOrEqual(6)
      await source.commit(read)
      read = await source.read(limits, inTime())
      seen.push(...read.map(({ event }) => (eventOf(event).data as { body: number }).body))
    }
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i))
  })

  test('refusals say what to do: password, rights, size, place', async () => {
    const reach = await reachOf()
    const { stranger } = await useService('mosquitto')
    const wrong = { ...reach, password: 'hush-hush' }
    await using source = host.open(connector, { ...wrong, topic: 't' })
    const refusal = await source.read(limits, inTime()).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'source.unauthorized', retry: { kind: 'never' } })
    expect(String(refusal)).not.toContain('hush-hush')
    await using sink = openSink({ ...wrong, topic: 't' })
    expect((await sink.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.unauthorized'])
    const asStranger = { ...reach, username: stranger.name, password: stranger.password, topic: 't' }
    await using toForbidden = openSink(asStranger)
    expect((await toForbidden.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.unauthorized'])
    await using toNowhere = openSink({ endpoint: '127.0.0.1:1', topic: 't' })
    expect((await toNowhere.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.unavailable'])
  })

  test('TLS with a certificate of the client; without one, and without trust, there is no connection', async () => {
    const { tlsAddress: endpoint, authorityFile, keyFile, user } = await useService('mosquitto')
    const ca = readFileSync(authorityFile, 'utf8')
    const key = readFileSync(keyFile, 'utf8')
    const login = { endpoint, username: user.name, password: user.password, topic: 'tls' }
    await using sink = openSink({ ...login, tls: { ca, certificate: ca, key } })
    expect((await sink.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['ok'])
    await using untrusting = openSink({ ...login, tls: { certificate: ca, key } })
    expect((await untrusting.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.untrusted'])
    await using unknown = openSink({ ...login, tls: { ca } })
    expect((await unknown.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.unauthorized'])
  })

  test('addresses that are not public are refused unless the operator allows them', async () => {
    const sink = connector.sink!
    const options = optionsParser('mqtt', sink.options)({ ...(await reachOf()), topic: 't' })
    await using guarded = sink.open(options, { ...host.context, allowPrivateTargets: false })
    expect((await guarded.write([outgoing('a')], inTime())).map(codeOf)).toEqual(['sink.address-refused'])
  })
})
