import type { CompatibleAction, CompatibleInterface } from '../compatibility.ts'
import { refusedOperations } from './refused.ts'

function works(name: string, note?: string): CompatibleAction {
  return { name, verdict: 'works', ...(note === undefined ? {} : { note }) }
}

function stored(name: string, note: string): CompatibleAction {
  return { name, verdict: 'stored', note }
}

const kept = 'kept and given back; there is no effect'

/** What `docs/reference/compatibility.md` tells of this folder. */
export const compatibleInterfaces: readonly CompatibleInterface[] = [
  {
    title: 'AWS EventBridge, 2015-10-07',
    client: '`@aws-sdk/client-eventbridge` 3.1169.0',
    guide: 'guides/aws-eventbridge.md',
    actions: [
      works('PutEvents', 'EndpointId is ignored'),
      works('TestEventPattern'),
      works('CreateEventBus', 'KmsKeyIdentifier, DeadLetterConfig and LogConfig are kept without effect'),
      works('UpdateEventBus', 'as CreateEventBus'),
      works('DescribeEventBus'),
      works('ListEventBuses', '`default` is the bus `aws-default`'),
      works('DeleteEventBus', 'its events go with it'),
      stored('PutPermission', kept),
      stored('RemovePermission', kept),
      works(
        'PutRule',
        'a rate of ScheduleExpression must divide an hour or a day, the year of a cron is *; RoleArn is the role of targets without one',
      ),
      works('DescribeRule', 'of a rule of another interface the pattern is told in the words of this one'),
      works('ListRules'),
      works('ListRuleNamesByTarget'),
      works('EnableRule'),
      works('DisableRule'),
      works('DeleteRule'),
      works(
        'PutTargets',
        'functions, event buses, queues, topics and API destinations; all targets of a call or none; RoleArn is a role of the account, by which the target is used; parameters of other services are kept without effect',
      ),
      works('RemoveTargets'),
      works('ListTargetsByRule'),
      works('CreateArchive', 'a view of the log of the bus, whose retention is lengthened'),
      works('UpdateArchive'),
      works('DescribeArchive', 'count and size are those of the bus since the archive was made'),
      works('ListArchives'),
      works('DeleteArchive', 'the events stay on the bus'),
      works('StartReplay', 'by the time of acceptance; to 10 rules at most'),
      works('DescribeReplay'),
      works('ListReplays'),
      works('CancelReplay'),
      works(
        'CreateConnection',
        'an instance of the HTTP connector; BodyParameters and IsValueSecret are refused',
      ),
      works('UpdateConnection', 'AuthParameters are replaced whole'),
      works('DescribeConnection'),
      works('ListConnections'),
      works('DeauthorizeConnection'),
      works('DeleteConnection', 'refused while a target uses it'),
      works('CreateApiDestination', 'http: is allowed, OPTIONS is not'),
      works('UpdateApiDestination'),
      works('DescribeApiDestination'),
      works('ListApiDestinations'),
      works('DeleteApiDestination', 'refused while a target uses it'),
      works('TagResource', 'buses and rules; conditions of policies may ask for them'),
      works('UntagResource'),
      works('ListTagsForResource'),
      ...Object.entries(refusedOperations).map(
        ([name, what]): CompatibleAction => ({ name, verdict: 'refused', note: `there are no ${what} here` }),
      ),
    ],
  },
]
