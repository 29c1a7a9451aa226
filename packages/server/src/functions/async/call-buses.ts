import type { BusView, FunctionView, Snapshot, Snapshots } from '../../resources/index.ts'
import { CallBus } from './call-bus.ts'
import { callBusKey, callBusName, parseCallRule } from './names.ts'

/**
 * The snapshots as delivery sees them: those of the control plane, and in each the hidden bus of every account that has
 * had a function. Nobody but delivery is given these, so nobody can name, list or change that bus.
 */
export class CallBuses implements Snapshots, Disposable {
  readonly #base: Snapshots
  readonly #buses = new Map<string, CallBus>()
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

  /** Keeps the rules of queues that an earlier process may have left. To be called before delivery starts. */
  restore(queues: readonly string[]): void {
    for (const queue of queues) {
      const [account = '', bus, rule = ''] = queue.split('/')
      const parsed = bus === callBusName ? parseCallRule(rule) : undefined
      if (parsed?.qualifier !== undefined) this.#bus(account).keep(parsed.name, parsed.qualifier)
    }
    this.#snapshot = this.#derive(this.#base.current())
  }

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(listener: (next: Snapshot, previous: Snapshot) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  /** The hidden bus of an account that has functions. */
  of(account: string): BusView | undefined {
    return this.#snapshot.buses.get(callBusKey(account))
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#listeners.clear()
  }

  #bus(account: string): CallBus {
    const known = this.#buses.get(account)
    if (known !== undefined) return known
    const bus = new CallBus(account)
    this.#buses.set(account, bus)
    return bus
  }

  #derive(base: Snapshot): Snapshot {
    const accounts = new Map<string, Map<string, FunctionView>>()
    for (const view of base.functions.values()) {
      const own = accounts.get(view.account)
      if (own === undefined) accounts.set(view.account, new Map([[view.name, view]]))
      else own.set(view.name, view)
    }
    for (const account of accounts.keys()) this.#bus(account)
    const buses = new Map(base.buses)
    // A bus whose last function was deleted stays: calls that were not routed yet are still to be ended.
    for (const [account, bus] of this.#buses) {
      bus.follow(accounts.get(account) ?? new Map())
      buses.set(callBusKey(account), bus.view)
    }
    return { ...base, buses }
  }
}
