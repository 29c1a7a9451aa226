import { createRequire } from 'node:module'
import type eventBridge from '@alicloud/eventbridge'
import { connector as kafkaConnector } from '@millrace/connector-kafka'
import { connector as rabbitmqConnector } from '@millrace/connector-rabbitmq'
import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { connect } from 'amqplib'
import { expect, onTestFinished, test } from 'vitest'
import type { ServerProcess } from '../../tools/process/index.ts'
import { Feed } from './feed.ts'
import { newName, patienceMs, runningServer, testLimitMs } from './place.ts'
import { Recorder } from './recorder.ts'

/** Streams and rules that were written for the cloud, run against real brokers by the vendor's client. */
const sdk = createRequire(import.meta.url)('@alicloud/eventbridge') as typeof eventBridge
const wait = { timeout: patienceMs }
const total = 500

function clientOf(server: ServerProcess) {
  const { MILLRACE_ACCESS_KEY_ID: accessKeyId, MILLRACE_ACCESS_KEY_SECRET: accessKeySecret } =
    server.credentials
  const endpoint = new URL(server.url).host
  return new sdk.default(new sdk.Config({ endpoint, accessKeyId, accessKeySecret }))
}
type Client = ReturnType<typeof clientOf>

const constant = (value: string) => new sdk.TargetParameter({ form: 'CONSTANT', value })
const path = (value: string) => new sdk.TargetParameter({ form: 'JSONPATH', value })

async function stream(client: Client, name: string, source: object, sink: object): Promise<void> {
  const eventStreamingName = `${name}-${crypto.randomUUID()}`
  await client.createEventStreaming(
    new sdk.CreateEventStreamingRequest({
      eventStreamingName,
      filterPattern: '{}',
      source: new sdk.Source(source),
      sink: new sdk.Sink(sink),
      runOptions: new sdk.RunOptions({ maximumTasks: 1, errorsTolerance: 'ALL' }),
    }),
  )
  await client.startEventStreaming(new sdk.StartEventStreamingRequest({ eventStreamingName }))
}

/** A bus whose events go to the recorder. */
async function recordedBus(client: Client, recorder: Recorder, bodyPath: string): Promise<string> {
  const eventBusName = 'orders'
  await client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName }))
  const body = new sdk.EBTargetParam({ resourceKey: 'Body', form: 'JSONPATH', value: bodyPath })
  const target = new sdk.TargetEntry({ id: 't', type: 'http', endpoint: recorder.url, paramList: [body] })
  await client.createRule(
    new sdk.CreateRuleRequest({ eventBusName, ruleName: 'all', filterPattern: '{}', targets: [target] }),
  )
  return eventBusName
}

/** A bus whose events go to a topic of the instance. */
async function busToTopic(client: Client, topic: string): Promise<string> {
  const eventBusName = 'orders'
  await client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName }))
  const parameter = (resourceKey: string, form: string, value: string) =>
    new sdk.EBTargetParam({ resourceKey, form, value })
  const target = new sdk.TargetEntry({
    id: 'k',
    type: 'acs.alikafka',
    endpoint: `acs:alikafka:cn-hangzhou::topics/${topic}`,
    paramList: [
      parameter('InstanceId', 'CONSTANT', 'alikafka_post-cn-1'),
      parameter('Topic', 'CONSTANT', topic),
      parameter('Acks', 'CONSTANT', 'all'),
      parameter('Key', 'JSONPATH', '$.id'),
      parameter('Value', 'JSONPATH', '$.data'),
    ],
  })
  await client.createRule(
    new sdk.CreateRuleRequest({ eventBusName, ruleName: 'r', filterPattern: '{}', targets: [target] }),
  )
  return eventBusName
}

await describeService('rabbitmq', 'EventBridge and RabbitMQ', () => {
  test(
    'messages go from queue to queue by a streaming, and from there to a bus by an event source',
    async () => {
      const { address, user } = await useService('rabbitmq')
      const [hostname = '', port = ''] = address.split(':')
      const reach = { hostname, port: Number(port), username: user.name, password: user.password }
      const [from, to] = [newName(), newName()]
      const model = await connect(reach)
      onTestFinished(() => model.close())
      const channel = await model.createChannel()
      for (const queue of [from, to]) await channel.assertQueue(queue, { durable: true, expires: 600_000 })
      const server = await runningServer()
      const place = { endpoint: address, username: user.name, password: user.password }
      await server.client().instances.put('amqp-cn-1', { connector: 'rabbitmq', options: place })
      const client = clientOf(server)
      const recorder = await Recorder.start()
      const queue = (queueName: string) =>
        new sdk.SourceRabbitMQParameters({ instanceId: 'amqp-cn-1', virtualHostName: '/', queueName })

      await stream(
        client,
        'copy',
        { sourceRabbitMQParameters: queue(from) },
        {
          sinkRabbitMQParameters: new sdk.SinkRabbitMQParameters({
            instanceId: constant('amqp-cn-1'),
            virtualHostName: constant('/'),
            targetType: constant('Queue'),
            queueName: constant(to),
            body: path('$.data.body'),
            messageId: path('$.id'),
          }),
        },
      )
      const eventBusName = await recordedBus(client, recorder, '$.data.body')
      await client.createEventSource(
        new sdk.CreateEventSourceRequest({
          eventSourceName: 'amqp',
          eventBusName,
          sourceRabbitMQParameters: queue(to),
        }),
      )
      await new Feed(rabbitmqConnector, { ...place, queue: from }).put(0, total)

      await expect.poll(() => recorder.distinct, wait).toBe(total)
    },
    testLimitMs,
  )
})

await describeService('kafka', 'EventBridge and Kafka', () => {
  test(
    'records go from topic to topic by a streaming, and events of a rule to a topic',
    async () => {
      const kafka = await useService('kafka')
      const [from, to] = [newName(), newName()]
      for (const topic of [from, to]) await kafka.createTopic(topic, 1)
      const server = await runningServer()
      const options = { bootstrap: kafka.address }
      await server.client().instances.put('alikafka_post-cn-1', { connector: 'kafka', options })
      const client = clientOf(server)
      const recorder = await Recorder.start()
      const topic = (name: string) =>
        new sdk.SourceKafkaParameters({
          InstanceId: 'alikafka_post-cn-1',
          topic: name,
          consumerGroup: newName(),
          offsetReset: 'earliest',
        })

      await stream(
        client,
        'copy',
        { sourceKafkaParameters: topic(from) },
        {
          sinkKafkaParameters: new sdk.SinkKafkaParameters({
            instanceId: constant('alikafka_post-cn-1'),
            topic: constant(to),
            acks: constant('all'),
            key: path('$.id'),
            value: path('$.data.value'),
          }),
        },
      )
      // What a rule sends to the same topic comes out at the same end.
      const eventBusName = await busToTopic(client, to)
      await server.client().streams.put('out', {
        source: {
          connector: 'kafka',
          instance: 'alikafka_post-cn-1',
          options: { topic: to, group: newName(), start: 'earliest' },
        },
        transform: { form: 'JSONPATH', value: '$.data.value' },
        sink: { connector: 'http', options: { url: recorder.url } },
      })
      await new Feed(kafkaConnector, { ...options, topic: from }).put(0, total)
      await client.putEvents([
        new sdk.CloudEvent({
          id: 'e',
          source: 'shop',
          type: 't',
          data: Buffer.from(JSON.stringify({ n: total })),
          extensions: { aliyuneventbusname: eventBusName },
        }),
      ])

      await expect.poll(() => recorder.distinct, wait).toBe(total + 1)
    },
    testLimitMs,
  )
})

await describeService('rocketmq', 'EventBridge and RocketMQ', () => {
  test(
    'events of a rule go to a topic, and from there to a bus by an event source',
    async () => {
      const rocketmq = await useService('rocketmq')
      const [topic, groupID] = [newName(), newName()]
      await rocketmq.createTopic(topic, 'NORMAL')
      await rocketmq.createConsumerGroup(groupID)
      const server = await runningServer()
      const options = { endpoints: [rocketmq.address] }
      await server.client().instances.put('MQ_INST_1', { connector: 'rocketmq', options })
      const client = clientOf(server)
      const recorder = await Recorder.start()
      const arriving = await recordedBus(client, recorder, '$.data.body')
      const SourceRocketMQParameters = new sdk.SourceRocketMQParameters({
        instanceId: 'MQ_INST_1',
        topic,
        groupID,
        tag: 'kept',
      })
      await client.createEventSource(
        new sdk.CreateEventSourceRequest({
          eventSourceName: 'mq',
          eventBusName: arriving,
          SourceRocketMQParameters,
        }),
      )
      const eventBusName = 'leaving'
      await client.createEventBus(new sdk.CreateEventBusRequest({ eventBusName }))
      const parameter = (resourceKey: string, form: string, value: string) =>
        new sdk.EBTargetParam({ resourceKey, form, value })
      const target = new sdk.TargetEntry({
        id: 'mq',
        type: 'acs.rocketmq',
        endpoint: `acs:mq:cn-hangzhou::/instances/MQ_INST_1/topic/${topic}`,
        paramList: [
          parameter('InstanceId', 'CONSTANT', 'MQ_INST_1'),
          parameter('Topic', 'CONSTANT', topic),
          parameter('Body', 'JSONPATH', '$.data'),
          parameter('Keys', 'JSONPATH', '$.id'),
          parameter('Tags', 'JSONPATH', '$.type'),
        ],
      })
      await client.createRule(
        new sdk.CreateRuleRequest({ eventBusName, ruleName: 'r', filterPattern: '{}', targets: [target] }),
      )
      const event = (n: number, type: string) =>
        new sdk.CloudEvent({
          id: `e${n}`,
          source: 'shop',
          type,
          data: Buffer.from(JSON.stringify({ n })),
          extensions: { aliyuneventbusname: eventBusName },
        })
      const kept = Array.from({ length: 12 }, (_, n) => event(n, 'kept'))

      await client.putEvents([...kept, event(100, 'other')])

      await expect.poll(() => recorder.distinct, wait).toBe(kept.length)
    },
    testLimitMs,
  )
})
