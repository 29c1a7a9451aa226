import { Refusal } from './refusal.ts'

/** Longest name of a queue, topic or subscription. */
const nameLengthMax = 120

const nameExpression = /^[A-Za-z0-9][A-Za-z0-9-]*$/

/** Codes for a name that does not fit, by what it names. */
const nameCodes = {
  queue: ['InvalidQueueName', 'QueueNameLengthError'],
  topic: ['TopicNameInvalid', 'TopicNameLengthError'],
  subscription: ['SubscriptionNameInvalid', 'SubscriptionNameLengthError'],
} as const

/** Refuses names of new resources that this interface does not know; those made elsewhere can be used all the same. */
export function checkNewName(kind: keyof typeof nameCodes, name: string): void {
  const [invalid, length] = nameCodes[kind]
  if (name.length === 0 || name.length > nameLengthMax) {
    throw new Refusal(length, `The length of ${kind} name should between 1 and ${nameLengthMax}.`, 400)
  }
  if (nameExpression.test(name)) return
  throw new Refusal(
    invalid,
    `The ${kind} name has letters, digits and hyphens only and begins with a letter or digit.`,
    400,
  )
}

/** Name of a queue of the account that an ARN or endpoint names, with or without a slash; `undefined` for others. */
export function queueOfArn(arn: string, account: string): string | undefined {
  const [, owner = '', name] = /^acs:mns:[^:]*:(\d*):\/?queues\/([^/\s]+)$/.exec(arn) ?? []
  return owner === '' || owner === account ? name : undefined
}

export function queueEndpoint(region: string, account: string, name: string): string {
  return `acs:mns:${region}:${account}:queues/${name}`
}
