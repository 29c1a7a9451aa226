import type { BusView, Snapshot, Snapshots, TopicView } from '../resources/index.ts'
import { topicBusKey } from './names.ts'
import { TopicBus } from './topic-bus.ts'

/**
 * The snapshots as delivery sees them: those given, and in each the hidden bus of every account that has had a topic.
 * Nobody but delivery is given these, so nobody can name, list or change that bus.
 */
export class TopicBuses implements Snapshots, Disposable {
  readonly #base: Snapshots
  readonly #buses = new Map<string, TopicBus>()
  readonly #listeners = new Set<(next: Snapshot, previous: Snapshot) => void>()
  readonly #subscription: Disposable
  #snapshot: Snapshot

  constructor(base: Snapshots) {
    this.#base = base
    this.#snapshot = this.#derive(base.current())
    this.#subscription = base.subscribe(next => {
      const previous = this.#snapshot
      this.#snapshot = this.#derive(next)
      for (const listener of this.#listeners) listener(this.#snapshot, previous)
    })
  }

  /** Looks again at what lies below, for changes that nobody was told of: before anybody listens. */
  refresh(): void {
    this.#snapshot = this.#derive(this.#base.current())
  }

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  /** The hidden bus of an account that has topics. */
  of(account: string): BusView | undefined {
    return this.#snapshot.buses.get(topicBusKey(account))
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#listeners.clear()
  }

  #derive(base: Snapshot): Snapshot {
    const accounts = new Map<string, Map<string, TopicView>>()
    for (const view of base.topics.values()) {
      const own = accounts.get(view.account)
      if (own === undefined) accounts.set(view.account, new Map([[view.name, view]]))
      else own.set(view.name, view)
    }
    for (const account of accounts.keys()) {
      if (!this.#buses.has(account)) this.#buses.set(account, new TopicBus(account))
    }
    if (this.#buses.size === 0) return base
    const buses = new Map(base.buses)
    // A bus whose last topic was deleted stays: what was not routed yet is still to be read.
    for (const [account, bus] of this.#buses) {
      bus.follow(accounts.get(account) ?? new Map())
      buses.set(topicBusKey(account), bus.view)
    }
    return { ...base, buses }
  }
}
