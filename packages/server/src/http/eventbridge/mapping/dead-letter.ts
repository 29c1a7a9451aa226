import type { SinkSpec } from '../../../resources/index.ts'
import { parseBusArn, parseMnsArn } from '../arn.ts'
import type { MappingContext } from './destination.ts'

/** The sink that the ARN of a dead-letter queue means (section 7.2); `undefined` when it is none that is offered. */
export function deadLetterSink(
  arn: string,
  { account }: Pick<MappingContext, 'account'>,
): SinkSpec | undefined {
  const isOwn = (owner: string): boolean => owner === '' || owner === account
  const queue = parseMnsArn(arn, 'queues')
  if (queue !== undefined && isOwn(queue.account)) return { queue: queue.name }
  const bus = parseBusArn(arn)
  if (bus !== undefined && isOwn(bus.account)) return { bus: bus.bus }
  return (
    topicSink(arn, /^acs:mq:[^:]*:\d*:\/?instances\/([^/\s]+)\/topic\/([^/\s]+)$/, 'rocketmq') ??
    topicSink(arn, /^acs:alikafka:[^:]*:\d*:\/?instance\/([^/\s]+)\/topic\/([^/\s]+)$/, 'kafka')
  )
}

function topicSink(arn: string, expression: RegExp, connector: string): SinkSpec | undefined {
  const [, instance = '', topic = ''] = expression.exec(arn) ?? []
  return topic === '' ? undefined : { connector, instance, options: { topic } }
}

/** What an ARN of a dead-letter queue may be. */
export const deadLetterForms =
  'acs:mns:…:/queues/<name> of this account, acs:eventbridge:…:eventbus/<name> of this account, acs:mq:…:/instances/<instance>/topic/<topic> or acs:alikafka:…:instance/<instance>/topic/<topic>'
