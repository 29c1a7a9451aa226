import { AppError, type Clock, sleep, toAppError } from '@millrace/spi'
import { assignRange, type GroupMember } from './assignment.ts'
import type { Cluster } from './cluster.ts'
import type { BrokerConnection } from './connection.ts'
import { protocolError } from './errors.ts'
import type { KafkaSourceOptions } from './options.ts'

/** What a member of a group tells its reader. */
export interface MembershipEvents {
  /** Partitions are about to be shared out anew: resolves when the reader is ready for it. */
  onRevoking(signal: AbortSignal): Promise<void>
  /**
   * These are the reader's now. `isContinuous`: those that it had before and has still, nobody else had in between. The member
   * counts as stable when it resolves.
   */
  onAssigned(partitions: readonly number[], isContinuous: boolean, signal: AbortSignal): Promise<void>
  /** The group has given all its partitions to others, or may have. */
  onLost(): void
  /** The coordinator has answered: what could not be committed may be tried again. */
  onAlive(): void
  /** Something failed; resolves when it is time to try again. */
  onFailure(error: AppError, signal: AbortSignal): Promise<void>
}

const protocolName = 'range'

/** How often a member shows that it lives, unless a third of its session is shorter. */
const heartbeatMsMax = 3_000

/** How often the leader of a group looks for new partitions. */
const metadataAgeMsMax = 60_000

/** How long leaving may take when the reader is closed. */
const leaveTimeoutMs = 2_000

/**
 * Membership of a consumer group by the classic protocol, with the assignor `range`.
 *
 * A member is joining until partitions were assigned to it; then stable, while heartbeats are answered. An answer that the
 * group is sharing out anew makes it join again with its id and keep what it gets again; an answer that the group does not
 * know it makes it join as a new one, and all is lost. A coordinator that cannot be reached changes neither: the session of a
 * member outlives its connections.
 */
export class Membership {
  readonly #cluster: Cluster
  readonly #options: KafkaSourceOptions
  readonly #clock: Clock
  readonly #events: MembershipEvents
  #memberId = ''
  #generation = -1
  #isStable = false
  #isContinuous = false
  #coordinator: number | undefined
  #wake: AbortController | undefined
  /** As the leader knows it; undefined when another leads. */
  #partitionCount: number | undefined
  #countedAtMs = 0

  constructor(cluster: Cluster, options: KafkaSourceOptions, clock: Clock, events: MembershipEvents) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = clock
    this.#events = events
  }

  get isStable(): boolean {
    return this.#isStable
  }

  /** Joins and stays until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await (this.#isStable ? this.#stay(signal) : this.#join(signal))
      } catch (thrown) {
        if (signal.aborted) return
        this.#coordinator = undefined
        await this.#events.onFailure(toAppError(thrown), signal).catch(() => undefined)
      }
    }
  }

  /** Commits offsets, by partition; the result has the error code of each that was refused. Rejects when nothing was. */
  async commit(offsets: ReadonlyMap<number, number>, signal: AbortSignal): Promise<Map<number, AppError>> {
    const { group, topic, member } = this.#options
    const partitions = [...offsets].map(([partitionIndex, offset]) => ({
      partitionIndex,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: '',
    }))
    const connection = await this.#connect(signal)
    const api = this.#cluster.api('offsetCommit')
    const topics = [{ name: topic, partitions }]
    try {
      const args: Parameters<typeof api.async> extends [unknown, ...infer Rest] ? Rest : never = [
        group,
        this.#generation,
        this.#memberId,
        member ?? null,
        topics,
      ]
      await this.#cluster.call(connection, api, args, this.#place, signal)
      return new Map()
    } catch (thrown) {
      const refused = this.#refusals(thrown)
      if (refused === undefined) this.#coordinator = undefined
      if (refused === undefined || refused.size === 0) throw thrown
      return refused
    }
  }

  /** Committed offsets by partition; partitions without one are left out. */
  async committed(partitions: readonly number[], signal: AbortSignal): Promise<Map<number, number>> {
    const { group, topic } = this.#options
    const connection = await this.#connect(signal)
    const topics = [{ name: topic, partitionIndexes: [...partitions] }]
    const request = [{ groupId: group, memberId: null, memberEpoch: -1, topics }]
    const api = this.#cluster.api('offsetFetch')
    const answer = await this.#cluster.call(connection, api, [request, false], this.#place, signal)
    const found = new Map<number, number>()
    // Before version 8 there is one group, and it is the answer.
    const [{ topics: answered } = answer as unknown as (typeof answer.groups)[0]] = answer.groups ?? []
    for (const { partitionIndex, committedOffset } of answered[0]?.partitions ?? []) {
      if (committedOffset >= 0n) found.set(partitionIndex, Number(committedOffset))
    }
    return found
  }

  /** Tells the group that its partitions are free; static members keep theirs until their session ends. */
  async leave(): Promise<void> {
    const wasMember = this.#memberId !== ''
    this.#isStable = false
    if (!wasMember || this.#options.member !== undefined) return
    const timeout = new AbortController()
    using _timer = this.#clock.timer(leaveTimeoutMs, () => timeout.abort(new Error('time is up')))
    try {
      const connection = await this.#connect(timeout.signal)
      const api = this.#cluster.api('leaveGroup')
      const member = { memberId: this.#memberId, groupInstanceId: null, reason: 'the reader was closed' }
      await this.#cluster.call(connection, api, [this.#options.group, [member]], this.#place, timeout.signal)
    } catch {
      // The group notices by itself when the session ends.
    }
    this.#memberId = ''
  }

  /** Makes a stable member ask at once whether the group is sharing out anew. */
  hurry(): void {
    this.#wake?.abort()
  }

  async #stay(signal: AbortSignal): Promise<void> {
    await this.#pause(signal)
    if (await this.#hasNewPartitions(signal)) return await this.#revoke(signal)
    const connection = await this.#connect(signal)
    const api = this.#cluster.api('heartbeat')
    const { group, member } = this.#options
    try {
      const args: [string, number, string, string | null] = [
        group,
        this.#generation,
        this.#memberId,
        member ?? null,
      ]
      await this.#cluster.call(connection, api, args, this.#place, signal)
      this.#events.onAlive()
    } catch (thrown) {
      if (signal.aborted) throw thrown
      if (codeOf(thrown) === 'REBALANCE_IN_PROGRESS') await this.#revoke(signal)
      else this.#fall(thrown)
    }
  }

  /** A member that the group has forgotten joins as a new one; other failures are thrown on. */
  #fall(thrown: unknown): void {
    const code = codeOf(thrown)
    const isForgotten = code === 'UNKNOWN_MEMBER_ID' || code === 'FENCED_INSTANCE_ID'
    if (!isForgotten && code !== 'ILLEGAL_GENERATION') throw thrown
    this.#isStable = false
    this.#isContinuous = false
    if (isForgotten) this.#memberId = ''
    this.#events.onLost()
    if (code === 'FENCED_INSTANCE_ID') throw thrown
  }

  async #revoke(signal: AbortSignal): Promise<void> {
    await this.#events.onRevoking(signal)
    this.#isStable = false
    this.#isContinuous = true
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { group, member, sessionTimeoutMs, rebalanceTimeoutMs, requestTimeoutMs } = this.#options
    await this.#cluster.leaders(this.#options.topic, signal, true)
    const node = await this.#findCoordinator(signal)
    // A join is answered when all members are there; meanwhile its connection is good for nothing else.
    const timeoutMs = rebalanceTimeoutMs + requestTimeoutMs
    const connection = await this.#cluster.connection('join', node, signal, timeoutMs)
    const api = this.#cluster.api('joinGroup')
    const protocols = [{ name: protocolName, metadata: this.#subscription() }]
    const before = this.#generation
    try {
      const answer = await connection.call(
        api,
        [
          group,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          this.#memberId,
          member ?? null,
          'consumer',
          protocols,
          '',
        ],
        signal,
      )
      const isNext = this.#isContinuous && answer.memberId === this.#memberId
      this.#memberId = answer.memberId
      this.#generation = answer.generationId
      const isLeader = answer.leader === answer.memberId && !answer.skipAssignment
      const assigned = await this.#sync(connection, isLeader ? answer.members : [], isLeader, signal)
      await this.#events.onAssigned(assigned, isNext && answer.generationId === before + 1, signal)
      this.#isStable = true
      this.#events.onAlive()
    } catch (thrown) {
      if (signal.aborted) throw signal.reason
      this.#rejoinAfter(thrown)
    }
  }

  /** Takes an id that the coordinator wants to hear again, and forgets one that it does not know. */
  #rejoinAfter(thrown: unknown): void {
    const error = thrown instanceof AppError ? thrown : this.#errorOf(thrown)
    const code = codeOf(error)
    this.#isContinuous = false
    if (code === 'MEMBER_ID_REQUIRED') {
      this.#memberId = memberIdIn(thrown)
      return
    }
    if (code === 'REBALANCE_IN_PROGRESS') return
    if (code === 'UNKNOWN_MEMBER_ID' || code === 'ILLEGAL_GENERATION' || code === 'FENCED_INSTANCE_ID') {
      this.#memberId = ''
      this.#events.onLost()
      if (code !== 'FENCED_INSTANCE_ID') return
    }
    throw error
  }

  async #sync(
    connection: BrokerConnection,
    members: readonly JoinedMember[],
    isLeader: boolean,
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const { group, member, topic } = this.#options
    const { client } = this.#cluster
    const assignments = isLeader ? await this.#assign(members, signal) : []
    if (!isLeader) this.#partitionCount = undefined
    const api = this.#cluster.api('syncGroup')
    const args: [string, number, string, string | null, string, string, typeof assignments] = [
      group,
      this.#generation,
      this.#memberId,
      member ?? null,
      'consumer',
      protocolName,
      assignments,
    ]
    const { assignment } = await connection.call(api, args, signal)
    if (assignment.length === 0) return []
    const { assignedPartitions } = client.decodeConsumerProtocolAssignment(assignment)
    return assignedPartitions.filter(given => given.topic === topic).flatMap(given => given.partitions)
  }

  async #assign(joined: readonly JoinedMember[], signal: AbortSignal) {
    const { client } = this.#cluster
    const members: GroupMember[] = joined.map(({ memberId, groupInstanceId, metadata }) => {
      const { topics } = client.decodeConsumerProtocolSubscription(metadata)
      return { memberId, groupInstanceId: groupInstanceId ?? null, topics }
    })
    const counts = new Map<string, number>()
    for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
      counts.set(topic, (await this.#cluster.leaders(topic, signal)).length)
    }
    this.#partitionCount = counts.get(this.#options.topic)
    this.#countedAtMs = this.#clock.nowMs()
    return [...assignRange(members, counts)].map(([memberId, shares]) => ({
      memberId,
      assignment: client.encodeConsumerProtocolAssignment({
        version: 0,
        assignedPartitions: [...shares].map(([topic, run]) => ({ topic, partitions: [...run] })),
      }),
    }))
  }

  /** Whether this member leads and the topic has grown. */
  async #hasNewPartitions(signal: AbortSignal): Promise<boolean> {
    if (this.#partitionCount === undefined) return false
    if (this.#clock.nowMs() - this.#countedAtMs < metadataAgeMsMax) return false
    this.#countedAtMs = this.#clock.nowMs()
    return (await this.#cluster.leaders(this.#options.topic, signal, true)).length !== this.#partitionCount
  }

  #subscription(): Buffer {
    const { client } = this.#cluster
    return client.encodeConsumerProtocolSubscription({ version: 0, topics: [this.#options.topic] })
  }

  async #connect(signal: AbortSignal): Promise<BrokerConnection> {
    return await this.#cluster.connection('group', await this.#findCoordinator(signal), signal)
  }

  async #findCoordinator(signal: AbortSignal): Promise<number> {
    if (this.#coordinator !== undefined) return this.#coordinator
    const connection = await this.#cluster.anyConnection(signal)
    const api = this.#cluster.api('findCoordinator')
    const answer = await this.#cluster.call(
      connection,
      api,
      [groupKey, [this.#options.group]],
      this.#place,
      signal,
    )
    const [found] = answer.coordinators
    if (found === undefined) throw protocolError('COORDINATOR_NOT_AVAILABLE', 'source', this.#place)
    this.#cluster.learn(found.nodeId, found)
    this.#coordinator = found.nodeId
    return found.nodeId
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const wake = new AbortController()
    this.#wake = wake
    const pauseMs = Math.min(heartbeatMsMax, Math.floor(this.#options.sessionTimeoutMs / 3))
    await sleep(this.#clock, pauseMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined)
    signal.throwIfAborted()
  }

  /** The refusals in the answer to a commit, by partition; undefined when the thrown is no such answer. */
  #refusals(thrown: unknown): Map<number, AppError> | undefined {
    const response: unknown =
      thrown instanceof AppError && thrown.cause instanceof Error
        ? Reflect.get(thrown.cause, 'response')
        : undefined
    if (response === undefined) return undefined
    const { topics } = response as CommitAnswer
    const refused = new Map<number, AppError>()
    for (const { partitionIndex, errorCode } of topics?.[0]?.partitions ?? []) {
      const code = this.#cluster.client.protocolErrorsCodesById[errorCode as 0] ?? String(errorCode)
      if (errorCode !== 0) refused.set(partitionIndex, protocolError(code, 'source', this.#place))
    }
    return refused
  }

  #errorOf(thrown: unknown): AppError {
    return this.#cluster.errorOf(thrown, this.#place)
  }

  get #place(): string {
    return `Group ${this.#options.group}`
  }
}

interface CommitAnswer {
  readonly topics?: readonly { partitions: readonly { partitionIndex: number; errorCode: number }[] }[]
}

interface JoinedMember {
  readonly memberId: string
  readonly groupInstanceId?: string | null | undefined
  readonly metadata: Buffer
}

/** Coordinators of groups, not of transactions. */
const groupKey = 0

/** The code of the protocol behind an error. */
export function codeOf(thrown: unknown): string | undefined {
  const cause = thrown instanceof AppError ? thrown.details?.['cause'] : undefined
  return typeof cause === 'string' ? cause : undefined
}

function memberIdIn(thrown: unknown): string {
  const response: unknown = thrown instanceof Error ? Reflect.get(thrown, 'response') : undefined
  const { memberId = '' } = (response ?? {}) as { memberId?: string }
  return memberId
}
