import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accessKeyId,
  accessKeySecret,
  account,
  codeOf,
  sdk,
  startWireServer,
  type WireServer,
} from './fixture.ts'

let server: WireServer
beforeAll(async () => {
  server = await startWireServer()
  for (const queue of ['orders', 'copies', 'lost']) await server.rest('PUT', `/queues/${queue}`, {})
  const options = { endpoint: server.url, accessKeyId, accessKeySecret }
  await server.rest('PUT', '/instances/mns', { connector: 'mns', options })
})
afterAll(() => server[Symbol.asyncDispose]())

type Fields = Record<string, unknown>

/** A value of a sink as the client sends it. */
function value(text: string, form = 'CONSTANT', template?: string) {
  return new sdk.TargetParameter({ form, value: text, template })
}

const fromOrders = () =>
  new sdk.Source({
    sourceMNSParameters: new sdk.SourceMNSParameters({
      regionId: 'cn-hangzhou',
      queueName: 'orders',
      isBase64Decode: true,
    }),
  })
const toQueue = (queue: string, body = value('$.data.messageBody', 'JSONPATH')) =>
  new sdk.Sink({
    sinkMNSParameters: new sdk.SinkMNSParameters({ QueueName: value(queue), body }),
  })

function create(eventStreamingName: string, further: Fields = {}) {
  return server.client.createEventStreaming(
    new sdk.CreateEventStreamingRequest({
      eventStreamingName,
      source: fromOrders(),
      filterPattern: '{}',
      sink: toQueue('copies'),
      ...further,
    }),
  )
}

function get(eventStreamingName: string) {
  return server.client.getEventStreaming(new sdk.GetEventStreamingRequest({ eventStreamingName }))
}

function start(eventStreamingName: string) {
  return server.client.startEventStreaming(new sdk.StartEventStreamingRequest({ eventStreamingName }))
}

async function bodiesIn(queue: string): Promise<string[]> {
  const { json } = await server.rest('GET', `/queues/${queue}/messages?count=16`)
  return (json['messages'] as { body: string }[]).map(({ body }) => body)
}

describe('a streaming', () => {
  test('carries messages from a queue to a queue once it is started, and waits when it is paused', async () => {
    const { client } = server
    const made = await create('copying', { description: 'all of them', tag: 'shop' })
    expect(made.eventStreamingARN).toBe(`acs:eventbridge:cn-hangzhou:${account}:eventstreaming/copying`)
    expect((await get('copying')).status).toBe('READY')
    await server.rest('POST', '/queues/orders/messages', { messages: [{ body: 'one' }] })

    await start('copying')

    await expect.poll(() => bodiesIn('copies'), { timeout: 10_000 }).toEqual(['one'])
    await expect.poll(async () => (await get('copying')).status).toBe('RUNNING')
    await client.pauseEventStreaming(new sdk.PauseEventStreamingRequest({ eventStreamingName: 'copying' }))
    await expect.poll(async () => (await get('copying')).status).toBe('PAUSED')
  })

  test('is given back as it was written', async () => {
    const runOptions = new sdk.RunOptions({
      maximumTasks: 2,
      errorsTolerance: 'NONE',
      retryStrategy: new sdk.RetryStrategy({
        pushRetryStrategy: 'EXPONENTIAL_DECAY_RETRY',
        maximumEventAgeInSeconds: 512,
        maximumRetryAttempts: 2,
      }),
      deadLetterQueue: new sdk.DeadLetterQueue({ arn: `acs:mns:cn-hangzhou:${account}:/queues/lost` }),
      batchWindow: new sdk.BatchWindow({ countBasedWindow: 10, timeBasedWindow: 5 }),
    })
    await create('kept', { description: 'd', tag: 't', runOptions, filterPattern: '{"source":["kept"]}' })

    const read = await get('kept')

    expect(read).toMatchObject({ description: 'd', tag: 't', filterPattern: '{"source":["kept"]}' })
    expect(read.runOptions?.toMap()).toEqual(runOptions.toMap())
    expect(read.source?.toMap()).toEqual(fromOrders().toMap())
    expect(read.sink?.toMap()).toEqual(toQueue('copies').toMap())
    const { json } = await server.rest('GET', '/streams/kept')
    expect(json['spec']).toMatchObject({
      tasksMax: 2,
      onExhausted: 'block',
      retry: { strategy: 'CUSTOM', retriesMax: 2, ageMsMax: 512_000, delayMsMin: 1_000, delayMsMax: 512_000 },
      deadLetter: { queue: 'lost' },
      batch: { countMax: 10, windowMs: 5_000 },
      sink: { queue: 'copies' },
      pattern: { source: ['kept'] },
    })
  })

  test('is changed member by member, listed page by page, measured and deleted', async () => {
    const { client } = server
    await create('list-1', { tag: 'a' })
    await create('list-2', { sink: toQueue('lost') })

    await client.updateEventStreaming(
      new sdk.UpdateEventStreamingRequest({ eventStreamingName: 'list-1', description: 'changed' }),
    )

    expect(await get('list-1')).toMatchObject({ description: 'changed', tag: 'a', status: 'READY' })
    const list = (fields: Fields) =>
      client.listEventStreamings(new sdk.ListEventStreamingsRequest({ namePrefix: 'list-', ...fields }))
    const first = await list({ limit: 1, sourceType: 'MNS' })
    expect(first).toMatchObject({ total: 2, nextToken: '1' })
    const second = await list({ limit: 1, nextToken: first.nextToken })
    expect(second.eventStreamings?.map(({ eventStreamingName }) => eventStreamingName)).toEqual(['list-2'])
    expect((await list({ tag: 'a' })).total).toBe(1)
    expect((await list({ sinkType: 'Kafka' })).total).toBe(0)
    const { eventStreamingMetrics } = await client.listEventStreamingMetrics(
      new sdk.ListEventStreamingMetricsRequest({ eventStreamingNames: ['list-1'] }),
    )
    expect(eventStreamingMetrics[0]).toMatchObject({ name: 'list-1', tps: 0, status: 'READY' })
    await client.deleteEventStreaming(new sdk.DeleteEventStreamingRequest({ eventStreamingName: 'list-1' }))
    expect(await codeOf(get('list-1'))).toBe('EventStreamingNotExist')
  })

  test('whose queue is not there has failed to start', async () => {
    const sourceMNSParameters = new sdk.SourceMNSParameters({ queueName: 'nobody' })
    await create('failing', { source: new sdk.Source({ sourceMNSParameters }) })
    await start('failing')
    await expect.poll(async () => (await get('failing')).status, { timeout: 10_000 }).toBe('START_FAILED')
  })
})

describe('is refused', () => {
  const refused = async (name: string, further: Fields) => {
    try {
      await create(name, further)
      return undefined
    } catch (thrown) {
      return thrown as Error & { code: string }
    }
  }

  test('a name that is taken, or none', async () => {
    await create('taken')
    expect(await codeOf(create('taken'))).toBe('EventStreamingAlreadyExist')
    expect(await codeOf(create('a b'))).toBe('EventStreamingNameInvalid')
    expect(await codeOf(start('nobody'))).toBe('EventStreamingNotExist')
  })

  test('an instance that is not there, with the command that makes it', async () => {
    const sourceRabbitMQParameters = new sdk.SourceRabbitMQParameters({
      instanceId: 'amqp-cn-1',
      virtualHostName: 'v',
      queueName: 'q',
    })
    const error = await refused('r1', { source: new sdk.Source({ sourceRabbitMQParameters }) })
    expect(error?.code).toBe('CreateRelatedResourceFailed')
    expect(error?.message).toContain('millrace instance add rabbitmq amqp-cn-1')
  })

  test('a system without a connector, with those that have one', async () => {
    const sourceDTSParameters = new sdk.SourceDTSParameters({ taskId: 't' })
    const error = await refused('r2', { source: new sdk.Source({ sourceDTSParameters }) })
    expect(error?.message).toContain('SourceKafkaParameters')
    const sinkOdpsParameters = new sdk.SinkOdpsParameters({ project: value('p') })
    const other = await refused('r2', { sink: new sdk.Sink({ sinkOdpsParameters }) })
    expect(other?.message).toContain('SinkFcParameters')
  })

  test('a streaming without a source or sink, with an unknown strategy, with a pattern that is none', async () => {
    expect(await codeOf(create('r3', { source: undefined }))).toBe('RequestParameterInvalid')
    expect(await codeOf(create('r3', { sink: new sdk.Sink({}) }))).toBe('RequestParameterInvalid')
    expect(await codeOf(create('r3', { filterPattern: 'nope' }))).toBe('EventRuleFilterPatternSchemaError')
    const runOptions = new sdk.RunOptions({ errorsTolerance: 'SOME' })
    expect(await codeOf(create('r3', { runOptions }))).toBe('RequestParameterInvalid')
    const missing = new sdk.RunOptions({
      deadLetterQueue: new sdk.DeadLetterQueue({ arn: `acs:mns:cn-hangzhou:${account}:/queues/nobody` }),
    })
    expect(await codeOf(create('r3', { runOptions: missing }))).toBe('CreateRelatedResourceFailed')
  })
})
