import type { Cluster } from './cluster.ts'
import type { BrokerConnection } from './connection.ts'

/** The connections of a sink to the brokers that it writes to: one request at a time on each, up to a limit for each broker. */
export class Slots {
  readonly #cluster: Cluster
  readonly #max: number
  readonly #idle = new Map<number, BrokerConnection[]>()
  readonly #inUse = new Map<number, number>()

  constructor(cluster: Cluster, max: number) {
    this.#cluster = cluster
    this.#max = max
  }

  isFree(node: number): boolean {
    return (this.#inUse.get(node) ?? 0) < this.#max
  }

  /** Takes a slot; the connection that lay there, if it still lives, else a new one. `release` gives the slot back. */
  async take(node: number, signal: AbortSignal): Promise<BrokerConnection> {
    this.#inUse.set(node, (this.#inUse.get(node) ?? 0) + 1)
    const idle = this.#idle.get(node) ?? []
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isOpen) return connection
    }
    return await this.#cluster.openTo(node, signal)
  }

  release(node: number, connection: BrokerConnection | undefined): void {
    this.#inUse.set(node, (this.#inUse.get(node) ?? 1) - 1)
    if (connection?.isOpen !== true) return
    const idle = this.#idle.get(node)
    if (idle === undefined) this.#idle.set(node, [connection])
    else idle.push(connection)
  }
}
