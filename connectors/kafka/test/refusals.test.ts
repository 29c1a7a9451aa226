import { readFileSync } from 'node:fs'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { expect, test } from 'vitest'
import { gather, inTime, newTopic, openSink, openSource, plenty, recordOf, seen } from './broker.ts'

await describeService('kafka', 'credentials, certificates and refusals', () => {
  test('PLAIN credentials over plain TCP and over TLS let in who knows them', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    const sasl = { mechanism: 'PLAIN', username: kafka.user.name, password: kafka.user.password }
    const tls = { ca: readFileSync(kafka.authorityFile, 'utf8') }
    await using plain = openSink({ bootstrap: kafka.saslAddress, topic, sasl })
    await using safe = openSink({ bootstrap: kafka.tlsAddress, topic, sasl, tls })
    expect(await plain.write([recordOf('1')], inTime())).toMatchObject([{ status: 'ok' }])
    expect(await safe.write([recordOf('2')], inTime())).toMatchObject([{ status: 'ok' }])

    await using source = openSource({ bootstrap: kafka.tlsAddress, topic, sasl, tls })
    expect((await gather(source, 2)).map(record => seen(record).value)).toEqual([1, 2])
  })

  test('wrong credentials are told without them', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    const sasl = { mechanism: 'PLAIN', username: kafka.user.name, password: 'hush-hush' }
    await using sink = openSink({ bootstrap: kafka.saslAddress, topic, sasl })
    const [outcome] = await sink.write([recordOf('1')], inTime())
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unauthorized', retry: { kind: 'backoff' } },
    })
    const error = outcome?.status === 'failed' ? outcome.error : undefined
    expect(JSON.stringify([error?.message, error?.details])).not.toContain('hush')
    await using source = openSource({ bootstrap: kafka.saslAddress, topic, sasl })
    await expect(source.read(plenty, inTime())).rejects.toMatchObject({
      code: 'source.unauthorized',
      retry: { kind: 'never' },
    })
  })

  test('a mechanism that the broker does not offer is told', async () => {
    const kafka = await useService('kafka')
    const sasl = { mechanism: 'SCRAM-SHA-512', username: 'x', password: 'hush-hush' }
    await using sink = openSink({ bootstrap: kafka.saslAddress, topic: 't', sasl })
    const [outcome] = await sink.write([recordOf('1')], inTime())
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unauthorized', message: expect.stringContaining('sasl.mechanism') },
    })
  })

  test('a user without rights on the topic is told which he needs', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    const { name, password } = kafka.stranger
    const sasl = { mechanism: 'PLAIN', username: name, password }
    await using sink = openSink({ bootstrap: kafka.saslAddress, topic, sasl })
    const [outcome] = await sink.write([recordOf('1')], inTime())
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'sink.unauthorized' } })
    await using source = openSource({ bootstrap: kafka.saslAddress, topic, sasl })
    await expect(source.read(plenty, inTime())).rejects.toMatchObject({
      code: 'source.unauthorized',
      message: expect.stringContaining('Read'),
    })
  })

  test('a certificate that nobody vouches for is refused, and may be accepted', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    const sasl = { mechanism: 'PLAIN', username: kafka.user.name, password: kafka.user.password }
    await using strict = openSink({ bootstrap: kafka.tlsAddress, topic, sasl, tls: {} })
    expect(await strict.write([recordOf('1')], inTime())).toMatchObject([
      { error: { code: 'sink.untrusted' } },
    ])
    const other = { ca: readFileSync(kafka.authorityFile, 'utf8'), serverName: 'other.example' }
    await using wrong = openSink({ bootstrap: kafka.tlsAddress, topic, sasl, tls: other })
    expect(await wrong.write([recordOf('1')], inTime())).toMatchObject([
      { error: { code: 'sink.untrusted' } },
    ])
    await using lax = openSink({
      bootstrap: kafka.tlsAddress,
      topic,
      sasl,
      tls: { insecureSkipVerify: true },
    })
    expect(await lax.write([recordOf('1')], inTime())).toMatchObject([{ status: 'ok' }])
  })

  test('TLS where there is none, and none where there is TLS, are told apart', async () => {
    const kafka = await useService('kafka')
    await using without = openSink({ bootstrap: kafka.tlsAddress, topic: 't' })
    await using with_ = openSink({ bootstrap: kafka.address, topic: 't', tls: {} })
    for (const sink of [without, with_]) {
      expect(await sink.write([recordOf('1')], inTime())).toMatchObject([{ status: 'failed' }])
    }
  })

  test('a topic that is not there is told, and read when it has come', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    await kafka.deleteTopic(topic)
    await using source = openSource({ bootstrap: kafka.address, topic })
    await expect(source.read(plenty, inTime())).rejects.toMatchObject({
      code: 'source.not-found',
      retry: { kind: 'never' },
      message: expect.stringContaining(topic),
    })
    await using sink = openSink({ bootstrap: kafka.address, topic })
    expect(await sink.write([recordOf('1')], inTime())).toMatchObject([
      { status: 'failed', error: { code: 'sink.failed', retry: { kind: 'backoff' } } },
    ])

    await kafka.createTopic(topic)

    expect(await sink.write([recordOf('1')], inTime())).toMatchObject([{ status: 'ok' }])
    expect(await gather(source, 1)).toHaveLength(1)
  })

  test('private addresses are refused unless the operator allows them', async () => {
    const kafka = await useService('kafka')
    const { topic } = await newTopic()
    for (const bootstrap of [kafka.address, kafka.address.replace('127.0.0.1', 'localhost')]) {
      await using sink = openSink({ bootstrap, topic }, false)
      expect(await sink.write([recordOf('1')], inTime())).toMatchObject([
        { status: 'failed', error: { code: 'sink.address-refused', retry: { kind: 'never' } } },
      ])
    }
  })
})
