import { readAttributes } from '@millrace/cloudevents'
import type {
  BusView,
  RuleSpec,
  RuleVersion,
  RuleView,
  SubscriptionView,
  TopicView,
} from '../resources/index.ts'
import { pushConnector, pushTarget, subscriptionRule, topicBusKey, topicBusName } from './names.ts'
import { publicationBytesMax, tagAttribute, topicAttribute } from './published.ts'

/** Nothing reads a message again that was pushed everywhere: it is kept for the trace alone. */
const busSpec: BusView['spec'] = {
  description: 'Messages of topics on their way to the subscriptions.',
  durability: 'durable',
  retentionMs: 3_600_000,
  retentionBytesMax: 10 * 1024 ** 3,
  dedupWindowMs: 0,
  eventBytesMax: publicationBytesMax,
}

/** Longest single push. */
const pushTimeoutMs = 5_000

interface Derived {
  readonly subscription: SubscriptionView
  readonly view: RuleView
  readonly version: RuleVersion
}

/**
 * The hidden bus of one account, whose rules follow from the subscriptions of its topics. A view of it stays the same
 * object as long as no subscription has changed, and so does what it holds of each.
 */
export class TopicBus {
  readonly #account: string
  #topics: ReadonlyMap<string, TopicView> = new Map()
  /** By name of the rule. */
  #derived: ReadonlyMap<string, Derived> = new Map()
  #revision = 0
  #view: BusView | undefined

  constructor(account: string) {
    this.#account = account
  }

  /** Takes over the topics of the account as they are now, by name. */
  follow(topics: ReadonlyMap<string, TopicView>): void {
    const isSame =
      topics.size === this.#topics.size &&
      [...topics].every(([name, view]) => this.#topics.get(name)?.subscriptions === view.subscriptions)
    if (isSame) return
    const derived = new Map<string, Derived>()
    for (const topic of topics.values()) {
      for (const subscription of topic.subscriptions.values()) {
        const rule = subscriptionRule(topic.name, subscription.name)
        const before = this.#derived.get(rule)
        const isKnown = before?.subscription === subscription
        derived.set(rule, isKnown ? before : derive(this.#account, topic.name, rule, subscription))
      }
    }
    this.#topics = topics
    this.#derived = derived
    this.#view = undefined
  }

  get view(): BusView {
    this.#view ??= this.#build()
    return this.#view
  }

  #build(): BusView {
    const byTopic = new Map<string, Derived[]>()
    const rules = new Map<string, RuleView>()
    for (const [rule, derived] of this.#derived) {
      rules.set(rule, derived.view)
      const topic = rule.slice(0, rule.indexOf('@'))
      const own = byTopic.get(topic)
      if (own === undefined) byTopic.set(topic, [derived])
      else own.push(derived)
    }
    const versions = [...this.#derived.values()].map(({ version }) => version)
    return {
      account: this.#account,
      name: topicBusName,
      key: topicBusKey(this.#account),
      spec: busSpec,
      revision: ++this.#revision,
      createdAtMs: 0,
      rules,
      matcher: { size: versions.length, match: event => matches(byTopic, event) },
      versions: () => versions,
    }
  }
}

/** The subscriptions of the topic that an event names, and of its tag: two attributes are all the matching there is. */
function matches(byTopic: ReadonlyMap<string, readonly Derived[]>, event: unknown): RuleVersion[] {
  const attributes = readAttributes(event as Uint8Array)
  const tag = attributes[tagAttribute]
  const found: RuleVersion[] = []
  for (const { subscription, version } of byTopic.get(String(attributes[topicAttribute])) ?? []) {
    const { filterTag } = subscription.spec
    if (filterTag === undefined || filterTag === tag) found.push(version)
  }
  return found
}

function derive(account: string, topic: string, rule: string, subscription: SubscriptionView): Derived {
  const { revision, createdAtMs, updatedAtMs, fromPosition: from } = subscription
  const spec = ruleOf(topic, subscription)
  return {
    subscription,
    view: { name: rule, spec, revision, createdAtMs, updatedAtMs },
    version: { account, bus: topicBusName, rule, spec, from, until: Number.POSITIVE_INFINITY },
  }
}

function ruleOf(topic: string, { name, spec }: SubscriptionView): RuleSpec {
  const { endpoint, format, strategy, deadLetter } = spec
  return {
    description: '',
    pattern: {},
    dialect: 'standard',
    state: 'enabled',
    start: 'tip',
    targets: [
      {
        id: pushTarget,
        // Everything that a push depends on: when it changes, the sink is opened anew.
        sink: { connector: pushConnector, options: { topic, subscription: name, endpoint, format } },
        parameters: {},
        retry: { strategy },
        ...(deadLetter === undefined
          ? {}
          : {
              deadLetter: {
                connector: pushConnector,
                options: { topic, subscription: name, endpoint: { queue: deadLetter.queue }, format },
              },
            }),
        onExhausted: 'continue',
        concurrencyMax: 64,
        timeoutMs: pushTimeoutMs,
        paused: false,
      },
    ],
  }
}
