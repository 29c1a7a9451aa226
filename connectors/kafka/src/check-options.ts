import { AppError, retryNever } from '@millrace/spi'
import { parseBootstrap } from './bootstrap.ts'
import type { ClusterOptions, KafkaSinkOptions, KafkaSourceOptions } from './options.ts'
import { startTimeMs } from './start.ts'

/**
 * Checks what the schema of the source cannot say.
 *
 * @throws AppError `options.invalid` with the path of the option; never with a secret
 */
export function checkSourceOptions(options: KafkaSourceOptions): void {
  checkCluster(options)
  checkTopic(options.topic)
  if (typeof options.start === 'object' && startTimeMs(options.start.time) === undefined) {
    throw refusal('start.time', 'is no time of RFC 3339, such as 2026-01-31T08:00:00Z')
  }
  if (options.fetchWaitMs * 2 > options.requestTimeoutMs) {
    throw refusal(
      'fetchWaitMs',
      'must be at most half of requestTimeoutMs, or a quiet topic looks like a dead broker',
    )
  }
}

/** Likewise for the sink. */
export function checkSinkOptions(options: KafkaSinkOptions): void {
  checkCluster(options)
  if (options.topic !== undefined) checkTopic(options.topic)
}

/** What is wrong with the name of a topic, in a few words, or undefined. */
export function topicFault(topic: string): string | undefined {
  if (topic === '.' || topic === '..') return 'must not be . or ..'
  return /^[A-Za-z0-9._-]{1,249}$/.test(topic)
    ? undefined
    : 'must be 1 to 249 letters, digits, dots, hyphens or underscores'
}

function checkTopic(topic: string): void {
  const fault = topicFault(topic)
  if (fault !== undefined) throw refusal('topic', fault)
}

function checkCluster({ bootstrap, tls }: ClusterOptions): void {
  if (parseBootstrap(bootstrap) === undefined) {
    throw refusal('bootstrap', 'must be host:port, or several of them separated by commas')
  }
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    throw refusal('tls.key', 'and tls.certificate go together')
  }
}

function refusal(path: string, fault: string): AppError {
  return new AppError('options.invalid', `kafka: option ${path} ${fault}`, retryNever, {
    details: { component: 'kafka', path },
  })
}
