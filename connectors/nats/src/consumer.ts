import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { AppError, assert, retryNever } from '@millrace/spi'
import { apiCode, natsError } from './errors.ts'
import type { NatsSourceOptions } from './options.ts'
import type { Session } from './session.ts'
import { startPolicy } from './start.ts'

const consumerNotFound = 10_014
const streamNotFound = 10_059
const nanosecondsPerMillisecond = 1_000_000

/** The consumer that a source reads by, as the server has it. */
export interface ReadyConsumer {
  /** Where messages are asked for. */
  readonly nextSubject: string
  /** What is not acknowledged for so long is handed out again. */
  readonly ackWaitMs: number
}

/**
 * Looks for the consumer, and makes it and its stream where the options say so. Rejects with an AppError for one that is not
 * there, or cannot be read by.
 */
export async function readyConsumer(session: Session, options: NatsSourceOptions): Promise<ReadyConsumer> {
  const { stream, consumer, domain } = options
  const { config } = await asked(session, options, async manager => {
    try {
      return await manager.consumers.info(stream, consumer)
    } catch (thrown) {
      return await make(manager, options, thrown)
    }
  })
  const fault = faultOf(config, options)
  if (fault !== undefined) {
    throw new AppError('source.rejected', `${placeOf(session, options)} ${fault}`, retryNever)
  }
  const api = domain === undefined ? '$JS.API' : `$JS.${domain}.API`
  return {
    nextSubject: `${api}.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    ackWaitMs: Math.max(1, (config.ack_wait ?? 0) / nanosecondsPerMillisecond),
  }
}

/** Messages that wait for the consumer, and those that its readers hold. Rejects like `readyConsumer`. */
export async function consumerLag(session: Session, options: NatsSourceOptions): Promise<number> {
  const info = await asked(session, options, manager =>
    manager.consumers.info(options.stream, options.consumer),
  )
  return info.num_pending + info.num_ack_pending
}

async function asked<Answer>(
  session: Session,
  options: NatsSourceOptions,
  ask: (manager: JetStreamManager) => Promise<Answer>,
): Promise<Answer> {
  const { jetstreamManager } = await import('@nats-io/jetstream')
  const { domain, answerTimeoutMs: timeout } = options
  try {
    const settings = { timeout, checkAPI: false, ...(domain === undefined ? {} : { domain }) }
    return await ask(await jetstreamManager(session.client, settings))
  } catch (thrown) {
    throw natsError(thrown, 'source', placeOf(session, options))
  }
}

async function make(
  manager: JetStreamManager,
  options: NatsSourceOptions,
  missing: unknown,
): Promise<ConsumerInfo> {
  const { stream, streamSubjects, makeConsumer } = options
  const code = apiCode(missing)
  if (code === streamNotFound && streamSubjects !== undefined) {
    await manager.streams.add({ name: stream, subjects: [...streamSubjects] })
  } else if (code !== consumerNotFound) throw missing
  if (!makeConsumer) throw missing
  return await manager.consumers.add(stream, settingsOf(options))
}

function settingsOf(options: NatsSourceOptions): Partial<ConsumerConfig> {
  const { consumer, filterSubjects: filters, ackWaitMs, ackPendingMax } = options
  const start = startPolicy(options.start)
  assert(start !== undefined, 'the start was checked when the options were')
  return {
    durable_name: consumer,
    ack_policy: 'explicit',
    ack_wait: ackWaitMs * nanosecondsPerMillisecond,
    max_ack_pending: ackPendingMax,
    deliver_policy: start.policy,
    ...(start.policy === 'by_start_time' ? { opt_start_time: start.time } : {}),
    ...(filters === undefined
      ? {}
      : filters.length === 1
        ? { filter_subject: filters[0]! }
        : { filter_subjects: [...filters] }),
  }
}

/** Why a consumer that is there cannot be read by, as the end of a sentence. */
function faultOf(config: ConsumerConfig, { filterSubjects }: NatsSourceOptions): string | undefined {
  if (config.deliver_subject !== undefined)
    return 'has a push consumer of this name; a pull consumer is needed'
  if (config.ack_policy !== 'explicit') {
    return `has a consumer with the acknowledgement policy ${config.ack_policy}; explicit is needed`
  }
  const filters = config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : [])
  const isSame = new Set([...filters, ...(filterSubjects ?? [])]).size === filters.length
  if (filterSubjects === undefined || (isSame && filters.length === filterSubjects.length)) return undefined
  return `has a consumer with other subjects than the option filterSubjects says: ${filters.join(', ') || 'all'}`
}

/** The server, with what is read from it, for messages. */
export function placeOf(session: Session, { stream, consumer }: NatsSourceOptions): string {
  return `consumer ${consumer} of stream ${stream}: ${session.place}`
}
