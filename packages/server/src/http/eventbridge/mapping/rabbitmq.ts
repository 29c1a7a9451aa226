import { bodyForm, type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** `SourceRabbitMQParameters`: a queue of an instance. */
export const rabbitmqSource: SourceMapping = members => ({
  connector: 'rabbitmq',
  instance: members.required('InstanceId'),
  options: sourceOptions(members),
})

/** `SourceOpenSourceRabbitMQParameters`: a server of one's own. */
export const openRabbitmqSource: SourceMapping = members => ({
  connector: 'rabbitmq',
  options: { ...serverOptions(members), ...sourceOptions(members) },
})

function sourceOptions(members: Members): Record<string, unknown> {
  return given({
    virtualHost: members.required('VirtualHostName', 'Vhost'),
    queue: members.required('QueueName', 'Queue'),
    bodyForm: bodyForm(members, 'BodyDataType'),
  })
}

/** `SinkRabbitMQParameters`, and the target `acs.rabbitmq`. */
export const rabbitmqSink: SinkMapping = members =>
  destination(members, {
    connector: 'rabbitmq',
    instance: members.required('InstanceId'),
    options: sinkOptions(members),
  })

/** `SinkOpenSourceRabbitMQParameters`. */
export const openRabbitmqSink: SinkMapping = members =>
  destination(members, {
    connector: 'rabbitmq',
    options: { ...serverOptions(members), ...sinkOptions(members) },
  })

function sinkOptions(members: Members): Record<string, unknown> {
  const virtualHost = members.required('VirtualHostName', 'Vhost')
  if (isQueue(members)) return { virtualHost, queue: members.required('QueueName', 'Queue') }
  return { virtualHost, exchange: members.required('Exchange') }
}

/** What the `TargetType` says. */
function isQueue(members: Members): boolean {
  members.required('TargetType')
  return members.word('TargetType', ['Exchange', 'Queue']) === 'Queue'
}

function destination(members: Members, sink: Destination['sink']): Destination {
  const names = { MessageId: 'messageId', Properties: 'properties' }
  return {
    sink,
    transform: members.body('Body'),
    // The routing key of a queue is its name.
    parameters: members.values(isQueue(members) ? names : { ...names, RoutingKey: 'routingKey' }),
  }
}

function serverOptions(members: Members): Record<string, unknown> {
  return given({
    endpoint: members.required('Endpoint'),
    username: members.constant('Username'),
    password: members.constant('Password'),
  })
}
