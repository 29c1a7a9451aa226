import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'

const clients = '`@alicloud/mns` 1.2.0 and `ali-mns` 2.6.8'

function works(name: string, note?: string): CompatibleAction {
  return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
}

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'Alibaba Cloud MNS, 2015-06-06',
    client: clients,
    guide: 'concepts/queues.md',
    actions: [
      works('CreateQueue', 'LoggingEnabled is kept and has no effect'),
      works('SetQueueAttributes', 'in force at once'),
      works('GetQueueAttributes', 'counts are exact'),
      works('DeleteQueue'),
      works('ListQueue'),
      works('SendMessage', 'a MessageGroupId is kept and given back; groups have no order of their own'),
      works('BatchSendMessage'),
      works('ReceiveMessage'),
      works('BatchReceiveMessage'),
      works('PeekMessage'),
      works('BatchPeekMessage'),
      works('DeleteMessage'),
      works('BatchDeleteMessage'),
      works('ChangeMessageVisibility'),
      works('CreateTopic', 'LoggingEnabled is kept and has no effect'),
      works('SetTopicAttributes'),
      works('GetTopicAttributes'),
      works('DeleteTopic'),
      works('ListTopic'),
      works('PublishMessage', 'attributes for mail and short messages have no effect'),
      works(
        'Subscribe',
        'endpoints are URLs and queues; mail and short messages are refused with EndpointInvalid',
      ),
      works('SetSubscriptionAttributes'),
      works('GetSubscriptionAttributes'),
      works('ListSubscriptionByTopic'),
      works('Unsubscribe'),
    ],
  },
]
