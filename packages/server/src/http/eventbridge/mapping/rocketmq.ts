import { bodyForm, type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** `SourceRocketMQParameters`: a topic of an instance, or of a server of one's own (`SelfBuilt`). */
export const rocketmqSource: SourceMapping = members => {
  const filter = members.constant('FilterSql')
  const place = placeOf(members)
  return {
    ...place,
    options: {
      ...place.options,
      ...given({
        topic: members.required('Topic'),
        group: members.required('GroupID', 'GroupId'),
        start: startOf(members),
        bodyForm: bodyForm(members, 'BodyDataType') ?? 'text',
        ...(filter === '' ? { tags: members.constant('Tag') } : { sql: filter }),
      }),
    },
  }
}

/** `SinkRocketMQParameters`, and the target `acs.rocketmq`. */
export const rocketmqSink: SinkMapping = members => {
  const place = placeOf(members)
  return {
    sink: { ...place, options: { ...place.options, topic: members.required('Topic') } },
    transform: members.body('Body'),
    parameters: members.values({
      Keys: 'keys',
      Tags: 'tags',
      Properties: 'properties',
      ShardingKey: 'shardingKey',
    }),
  } satisfies Destination
}

interface Place {
  readonly connector: 'rocketmq'
  readonly instance?: string
  readonly options: Record<string, unknown>
}

/** Where the server is: the instance of that name, or the address that the parameters bring. */
function placeOf(members: Members): Place {
  const type = members.word('InstanceType', ['Cloud_4', 'Cloud_5', 'SelfBuilt']) ?? 'Cloud_4'
  if (type !== 'SelfBuilt') {
    return { connector: 'rocketmq', instance: members.required('InstanceId'), options: {} }
  }
  const endpoints = members.required('InstanceEndpoint').split(/[;,]/)
  return {
    connector: 'rocketmq',
    options: given({
      endpoints: endpoints.map(endpoint => endpoint.trim()).filter(endpoint => endpoint !== ''),
      accessKey: members.constant('InstanceUsername'),
      accessSecret: members.constant('InstancePassword'),
    }),
  }
}

function startOf(members: Members): 'latest' | 'earliest' | { time: string } | undefined {
  const offset = members.word('Offset', [
    'CONSUME_FROM_LAST_OFFSET',
    'CONSUME_FROM_FIRST_OFFSET',
    'CONSUME_FROM_TIMESTAMP',
  ])
  switch (offset) {
    case undefined:
      return undefined
    case 'CONSUME_FROM_LAST_OFFSET':
      return 'latest'
    case 'CONSUME_FROM_FIRST_OFFSET':
      return 'earliest'
    case 'CONSUME_FROM_TIMESTAMP': {
      const timeMs = Number(members.required('Timestamp'))
      if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > 8_640_000_000_000_000) {
        throw members.ineffective('Timestamp is in milliseconds since the epoch')
      }
      return { time: new Date(timeMs).toISOString() }
    }
  }
}
