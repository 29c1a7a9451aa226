import { addressGuard, AppError, type ConnectorContext, retryBackoff } from '@millrace/spi'
import type { API } from '@platformatic/kafka'
import { type Address, parseBootstrap } from './bootstrap.ts'
import { type Client, loadClient } from './client.ts'
import { BrokerConnection, untilAborted } from './connection.ts'
import { type Role, kafkaError, protocolError } from './errors.ts'
import type { ClusterOptions } from './options.ts'

/** Topics whose partitions are remembered; beyond, the one that was asked for first is forgotten. */
const topicsMax = 1_000

/** Where the partitions of a topic are. Index: partition. Value: its leader, or -1 without one. */
export type Leaders = readonly number[]

/** The requests of which the library has codecs; the numbers are the newest versions that are used here. */
export interface Apis {
  metadata: Client['metadataV12']['api']
  findCoordinator: Client['findCoordinatorV6']['api']
  joinGroup: Client['joinGroupV9']['api']
  syncGroup: Client['syncGroupV5']['api']
  heartbeat: Client['heartbeatV4']['api']
  leaveGroup: Client['leaveGroupV5']['api']
  offsetCommit: Client['offsetCommitV9']['api']
  offsetFetch: Client['offsetFetchV9']['api']
  listOffsets: Client['listOffsetsV8']['api']
  initProducerId: Client['initProducerIdV5']['api']
}

type MetadataAnswer = ReturnType<Client['metadataV12']['parseResponse']>

/** Newest versions whose codecs take the same arguments as those of {@link Apis}. */
const newest: Readonly<Record<keyof Apis, number>> = {
  metadata: 12,
  findCoordinator: 6,
  joinGroup: 9,
  syncGroup: 5,
  heartbeat: 4,
  leaveGroup: 5,
  offsetCommit: 9,
  offsetFetch: 9,
  listOffsets: 8,
  initProducerId: 5,
}

/**
 * What one source or sink knows of a cluster: its brokers, the leaders of partitions, the versions of requests; and the
 * connections it has open, by purpose and broker. Errors are AppErrors of the role.
 */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #context: ConnectorContext
  readonly #role: Role
  readonly #brokers = new Map<number, Address>()
  readonly #topics = new Map<string, Leaders>()
  readonly #connections = new Map<string, SharedConnection>()
  readonly #asking = new Map<string, Promise<Leaders>>()
  readonly #open = new Set<BrokerConnection>()
  readonly #closing = new AbortController()
  #versions: ReadonlyMap<string, readonly [number, number]> | undefined
  #client: Client | undefined

  constructor(options: ClusterOptions, context: ConnectorContext, role: Role) {
    this.#options = options
    this.#context = context
    this.#role = role
  }

  /** The library; loaded by the first connection. */
  get client(): Client {
    if (this.#client === undefined) throw new Error('assertion failed: nothing was connected yet')
    return this.#client
  }

  /** The connection for a purpose to a broker, opened when there is none. */
  connection(
    purpose: string,
    node: number,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<BrokerConnection> {
    return this.#shared(`${purpose} ${node}`, signal, async closing => {
      const address = this.#brokers.get(node)
      if (address === undefined) throw protocolError('BROKER_NOT_AVAILABLE', this.#role, `Broker ${node}`)
      return await this.open(address, closing, timeoutMs)
    })
  }

  /** A connection of its own for the caller, who closes it; `close` of the cluster does so too. */
  async open(
    address: Address,
    signal: AbortSignal,
    timeoutMs = this.#options.requestTimeoutMs,
  ): Promise<BrokerConnection> {
    const { allowPrivateTargets } = this.#context
    const both = AbortSignal.any([signal, this.#closing.signal])
    this.#client ??= await loadClient()
    try {
      const connection = await BrokerConnection.open(
        {
          client: this.#client,
          options: this.#options,
          guard: addressGuard(allowPrivateTargets),
          isGuarded: !allowPrivateTargets,
          requestTimeoutMs: timeoutMs,
        },
        address,
        both,
      )
      for (const other of this.#open) if (!other.isOpen) this.#open.delete(other)
      this.#open.add(connection)
      return connection
    } catch (thrown) {
      if (both.aborted) throw both.reason
      throw kafkaError(thrown, this.#role, `The broker ${nameOf(address)}`)
    }
  }

  /** Takes down where a broker is that another answer than metadata has named. */
  learn(node: number, { host, port }: Address): void {
    this.#brokers.set(node, { host, port })
  }

  /** What was thrown by a connection, as an error of the role. */
  errorOf(thrown: unknown, place: string): AppError {
    return kafkaError(thrown, this.#role, place)
  }

  /** A connection of its own to a broker that metadata has named. */
  async openTo(node: number, signal: AbortSignal): Promise<BrokerConnection> {
    const address = this.#brokers.get(node)
    if (address === undefined) throw protocolError('BROKER_NOT_AVAILABLE', this.#role, `Broker ${node}`)
    return await this.open(address, signal)
  }

  /** Sends one request; failures are AppErrors about the place. */
  async call<Args extends unknown[], Result>(
    connection: BrokerConnection,
    api: API<Args, Result>,
    args: Args,
    place: string,
    signal: AbortSignal,
  ): Promise<Result> {
    try {
      return await connection.call(api, args, signal)
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      throw kafkaError(thrown, this.#role, place)
    }
  }

  /** The codec of a request, in the newest version that both sides know. */
  api<Name extends keyof Apis>(name: Name): Apis[Name] {
    const version = this.version(`${name[0]?.toUpperCase()}${name.slice(1)}`, newest[name])
    const codec: unknown = Reflect.get(this.client, `${name}V${version}`)
    return (codec as { api: Apis[Name] }).api
  }

  /** The newest version of a request, up to `max`, that the brokers know. */
  version(name: string, max: number): number {
    const range = this.#versions?.get(name)
    if (range === undefined || range[0] > max) {
      throw protocolError('UNSUPPORTED_VERSION', this.#role, `The request ${name}`)
    }
    return Math.min(max, range[1])
  }

  /** The leaders of a topic, asked for when unknown or stale. Throws when there is no such topic. */
  async leaders(topic: string, signal: AbortSignal, refresh = false): Promise<Leaders> {
    const known = this.#topics.get(topic)
    if (known !== undefined && !refresh) return known
    let asking = this.#asking.get(topic)
    if (asking === undefined) {
      asking = this.#ask(topic, this.#closing.signal).finally(() => this.#asking.delete(topic))
      this.#asking.set(topic, asking)
    }
    return await untilAborted(asking, signal)
  }

  async #ask(topic: string, signal: AbortSignal): Promise<Leaders> {
    const connection = await this.anyConnection(signal)
    const answer = await this.#metadata(connection, topic, `Topic ${topic}`, signal)
    this.#brokers.clear()
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port })
    const leaders: number[] = []
    for (const { partitionIndex, leaderId } of answer.topics[0]?.partitions ?? []) {
      leaders[partitionIndex] = leaderId
    }
    this.#topics.delete(topic)
    this.#topics.set(topic, leaders)
    if (this.#topics.size > topicsMax) this.#topics.delete(this.#topics.keys().next().value ?? '')
    return leaders
  }

  /** The leaders of a topic, when they are known. */
  known(topic: string): Leaders | undefined {
    return this.#topics.get(topic)
  }

  /** The leader of a partition as it is known; -1 without one. */
  knownLeader(topic: string, partition: number): number {
    return this.#topics.get(topic)?.[partition] ?? -1
  }

  /** Forgets where a topic is. */
  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** A connection to whichever broker answers: for requests that any of them takes. */
  anyConnection(signal: AbortSignal): Promise<BrokerConnection> {
    return this.#shared('any', signal, closing => this.#openAny(closing))
  }

  /** Cuts all connections, those that are being opened too. */
  close(): void {
    const code = this.#role === 'source' ? 'source.closed' : 'sink.unavailable'
    this.#closing.abort(new AppError(code, `The ${this.#role} is closed.`, retryBackoff))
    for (const connection of this.#open) connection.close()
    this.#open.clear()
    this.#connections.clear()
  }

  async #metadata(
    connection: BrokerConnection,
    topic: string,
    place: string,
    signal: AbortSignal,
  ): Promise<MetadataAnswer> {
    const api = this.api('metadata')
    try {
      return await connection.call(api, [[topic], false, false], signal)
    } catch (thrown) {
      this.#topics.delete(topic)
      if (signal.aborted) throw signal.reason
      const partial = partialAnswer(thrown)
      if (partial !== undefined) return partial
      throw kafkaError(thrown, this.#role, place)
    }
  }

  async #openAny(signal: AbortSignal): Promise<BrokerConnection> {
    const bootstrap = parseBootstrap(this.#options.bootstrap) ?? []
    const turn = Math.floor(this.#context.random.next() * bootstrap.length)
    const addresses = [...bootstrap.slice(turn), ...bootstrap.slice(0, turn), ...this.#brokers.values()]
    let failure: unknown
    for (const address of addresses) {
      try {
        const connection = await this.open(address, signal)
        await this.#learnVersions(connection, address, signal)
        return connection
      } catch (thrown) {
        if (signal.aborted || this.#closing.signal.aborted) throw thrown
        failure ??= thrown
      }
    }
    throw failure
  }

  async #learnVersions(connection: BrokerConnection, address: Address, signal: AbortSignal): Promise<void> {
    const { client } = this
    const place = `The broker ${nameOf(address)}`
    const args: [string, string] = ['millrace', '1']
    const answer = await connection
      .call(client.apiVersionsV3.api, args, signal)
      .catch(() => this.call(connection, client.apiVersionsV1.api, args as never, place, signal))
    this.#versions = new Map(
      answer.apiKeys.map(({ name, minVersion, maxVersion }) => [name, [minVersion, maxVersion]]),
    )
  }

  /** One connection for each key; callers that come while it is being opened share it. */
  #shared(
    key: string,
    signal: AbortSignal,
    open: (signal: AbortSignal) => Promise<BrokerConnection>,
  ): Promise<BrokerConnection> {
    const known = this.#connections.get(key)
    if (known !== undefined && (known.opened === undefined || known.opened.isOpen)) {
      return untilAborted(known.opening, signal)
    }
    const shared: SharedConnection = { opening: open(this.#closing.signal), opened: undefined }
    this.#connections.set(key, shared)
    shared.opening.then(
      opened => (shared.opened = opened),
      () => this.#connections.get(key) === shared && this.#connections.delete(key),
    )
    return untilAborted(shared.opening, signal)
  }
}

interface SharedConnection {
  readonly opening: Promise<BrokerConnection>
  opened: BrokerConnection | undefined
}

/** An answer about a topic that exists, some of whose partitions have no leader right now. */
function partialAnswer(thrown: unknown): MetadataAnswer | undefined {
  const response: unknown = thrown instanceof Error ? Reflect.get(thrown, 'response') : undefined
  const answer = response as MetadataAnswer | undefined
  return answer?.topics[0]?.errorCode === 0 ? answer : undefined
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`
}
