import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision } from './control.ts'
import { notFound } from './errors.ts'
import { busKey } from './names.ts'
import type { QuotaFace } from './quota.ts'
import { documentKey } from './records.ts'
import { sealRecord } from './secrets.ts'
import type { SubscriptionView, TopicView } from './snapshot.ts'
import { checkName, specParser } from './spec.ts'
import { SubscriptionSpec, TopicSpec } from './topic.ts'

const parseTopic = specParser('topic', TopicSpec)
const parseSubscription = specParser('subscription', SubscriptionSpec)

export const topicKind = 'topic'
export const subscriptionKind = 'topic-subscription'

/** What is stored of a topic, and of a subscription. */
export type TopicRecord = Omit<TopicView, 'account' | 'name' | 'key' | 'subscriptions'>
export type SubscriptionRecord = Omit<SubscriptionView, 'name'>

/** The topics of all accounts, with their subscriptions. */
export class TopicStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  put(account: string, name: string, spec: unknown, expected?: number, face?: QuotaFace): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { control } = this
      checkName('topic', name)
      const parsed = parseTopic(spec)
      const key = busKey(account, name)
      const before = control.topics.get(key)
      checkRevision('topic', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined) {
        control.checkRoom('topics', account, control.topics, face)
        await control.host.messaging?.openTopics(account)
      }
      const record: TopicRecord = { spec: parsed, ...this.stampOf(before) }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey(topicKind, account, name), stored)
      const subscriptions = before?.subscriptions ?? new Map<string, SubscriptionView>()
      this.show({ account, name, key, ...record, subscriptions })
      return { created: before === undefined, revision: record.revision }
    })
  }

  get(account: string, name: string): Resource<TopicSpec> & Pick<TopicView, 'subscriptions'> {
    return this.find(account, name)
  }

  list(account: string, page: Page): PageOf<TopicSpec> {
    return pageOf(
      [...this.control.topics.values()].filter(topic => topic.account === account),
      page,
    )
  }

  /** Deletes a topic and its subscriptions; what was not pushed yet is dropped. */
  delete(account: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { key, revision, subscriptions } = this.find(account, name)
      checkRevision('topic', name, revision, expected)
      const { documents } = this.control.host
      await documents.delete(documentKey(topicKind, account, name))
      this.control.topics.delete(key)
      this.control.publish()
      for (const subscription of subscriptions.keys()) {
        await documents.delete(documentKey(subscriptionKind, account, name, subscription))
      }
    })
  }

  /** Creates or replaces a subscription. A new one gets what is published from now on. */
  subscribe(
    account: string,
    topic: string,
    name: string,
    spec: unknown,
    expected?: number,
  ): Promise<PutResult> {
    return this.control.exclusive(async () => {
      const { control } = this
      checkName('subscription', name)
      const view = this.find(account, topic)
      const parsed = parseSubscription(spec)
      this.checkQueues(account, parsed)
      await control.host.messaging?.checkSubscription(account, parsed)
      const before = view.subscriptions.get(name)
      checkRevision('subscription', name, before?.revision ?? 0, expected)
      if (before !== undefined && isDeepStrictEqual(before.spec, parsed)) {
        return { created: false, revision: before.revision }
      }
      if (before === undefined) {
        control.checkQuota('subscriptions-per-topic', account, view.subscriptions.size)
      }
      const record: SubscriptionRecord = {
        spec: parsed,
        ...this.stampOf(before),
        fromPosition: before?.fromPosition ?? control.host.messaging?.nextPosition(account) ?? 1,
      }
      const stored = sealRecord(record, control.host.secrets)
      await control.host.documents.put(documentKey(subscriptionKind, account, topic, name), stored)
      this.show({ ...view, subscriptions: new Map(view.subscriptions).set(name, { name, ...record }) })
      return { created: before === undefined, revision: record.revision }
    })
  }

  subscription(account: string, topic: string, name: string): Resource<SubscriptionSpec> {
    const subscription = this.find(account, topic).subscriptions.get(name)
    if (subscription === undefined) throw notFound('subscription', `${topic}/${name}`)
    return subscription
  }

  subscriptions(account: string, topic: string, page: Page): PageOf<SubscriptionSpec> {
    return pageOf(this.find(account, topic).subscriptions.values(), page)
  }

  /** Ends a subscription; what was not pushed yet is dropped. */
  unsubscribe(account: string, topic: string, name: string, expected?: number): Promise<void> {
    return this.control.exclusive(async () => {
      const { revision } = this.subscription(account, topic, name)
      checkRevision('subscription', name, revision, expected)
      await this.control.host.documents.delete(documentKey(subscriptionKind, account, topic, name))
      const view = this.find(account, topic)
      const subscriptions = new Map(view.subscriptions)
      subscriptions.delete(name)
      this.show({ ...view, subscriptions })
    })
  }

  private find(account: string, name: string): TopicView {
    const topic = this.control.topics.get(busKey(account, name))
    if (topic === undefined) throw notFound('topic', name)
    return topic
  }

  private show(view: TopicView): void {
    this.control.topics.set(view.key, view)
    this.control.publish()
  }

  private stampOf(before: { revision: number; createdAtMs: number } | undefined) {
    const updatedAtMs = this.control.host.clock.nowMs()
    return {
      revision: (before?.revision ?? 0) + 1,
      createdAtMs: before?.createdAtMs ?? updatedAtMs,
      updatedAtMs,
    }
  }

  private checkQueues(account: string, { endpoint, deadLetter }: SubscriptionSpec): void {
    const named = ['queue' in endpoint ? endpoint.queue : undefined, deadLetter?.queue]
    for (const queue of named) {
      if (queue === undefined || this.control.queues.has(busKey(account, queue))) continue
      throw new AppError('rule.sink-invalid', `there is no queue ${queue}`, retryNever, {
        details: { kind: 'queue', name: queue },
      })
    }
  }
}
