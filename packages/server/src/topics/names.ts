import { busKey, queueName } from '../resources/index.ts'

/** Name of the bus that the topics of an account share. No user can write it: names begin with a letter or digit. */
export const topicBusName = '$topics'

/** The one target of each rule of the hidden bus. */
export const pushTarget = 'push'

/** Sink that rules of users cannot name, since no connector is called so. */
export const pushConnector = '$push'

export function topicBusKey(account: string): string {
  return busKey(account, topicBusName)
}

/** Names of topics and subscriptions have no `@`. */
export function subscriptionRule(topic: string, subscription: string): string {
  return `${topic}@${subscription}`
}

/** The queue of what is still to be pushed to a subscription. */
export function pushQueue(account: string, topic: string, subscription: string): string {
  return queueName(topicBusKey(account), subscriptionRule(topic, subscription), pushTarget)
}
