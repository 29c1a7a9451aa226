import definition from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js'
import service from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js'
import { describe, expect, test } from 'vitest'
import { addNamespace } from './stub.ts'

const named = (name: string): InstanceType<typeof definition.Resource> =>
  new definition.Resource().setName(name)

describe('the namespace is added to every name of a request', () => {
  test('to topic and group', () => {
    const request = new service.AckMessageRequest().setTopic(named('t')).setGroup(named('g'))
    addNamespace(request, 'shop')
    expect(request.getTopic()?.toObject()).toEqual({ name: 't', resourceNamespace: 'shop' })
    expect(request.getGroup()?.toObject()).toEqual({ name: 'g', resourceNamespace: 'shop' })
  })

  test('to the topic of a queue', () => {
    const queue = new definition.MessageQueue().setTopic(named('t'))
    const request = new service.ReceiveMessageRequest().setMessageQueue(queue)
    addNamespace(request, 'shop')
    expect(queue.getTopic()?.getResourceNamespace()).toBe('shop')
  })

  test('to the settings of a consumer', () => {
    const entry = new definition.SubscriptionEntry().setTopic(named('t'))
    const subscription = new definition.Subscription().setGroup(named('g')).setSubscriptionsList([entry])
    const command = new service.TelemetryCommand().setSettings(
      new definition.Settings().setSubscription(subscription),
    )
    addNamespace(command, 'shop')
    expect(subscription.getGroup()?.getResourceNamespace()).toBe('shop')
    expect(entry.getTopic()?.getResourceNamespace()).toBe('shop')
  })

  test('to the settings of a producer, and to nothing that names nothing', () => {
    const topic = named('t')
    const command = new service.TelemetryCommand().setSettings(
      new definition.Settings().setPublishing(new definition.Publishing().setTopicsList([topic])),
    )
    addNamespace(command, 'shop')
    expect(topic.getResourceNamespace()).toBe('shop')
    expect(() => addNamespace(new service.HeartbeatRequest(), 'shop')).not.toThrow()
  })
})
