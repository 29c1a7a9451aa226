import { isIPv6 } from 'node:net'
import { AppError, retryNever } from '@millrace/spi'
import type { ConnectionOptions, RocketmqSourceOptions } from './options.ts'

/**
 * Checks what the schema cannot say of a connection.
 *
 * @throws AppError `options.invalid` with the path of the option; never with a secret
 */
export function checkConnection(options: ConnectionOptions): void {
  for (const [index, endpoint] of options.endpoints.entries()) checkEndpoint(`endpoints.${index}`, endpoint)
  const { accessKey, accessSecret, securityToken, tls } = options
  if ((accessKey === undefined) !== (accessSecret === undefined)) {
    throw refusal('accessSecret', 'and accessKey go together')
  }
  if (securityToken !== undefined && accessKey === undefined) {
    throw refusal('securityToken', 'goes with accessKey and accessSecret')
  }
  if ((tls?.certificate === undefined) !== (tls?.key === undefined)) {
    throw refusal('tls.key', 'and tls.certificate go together')
  }
}

/** The same for a source. */
export function checkSource(options: RocketmqSourceOptions): void {
  checkConnection(options)
  if (options.sql !== undefined && options.tags !== '*') throw refusal('sql', 'does not go with tags')
  checkStart(options)
}

/**
 * A proxy of version 5 takes no position from its clients: the broker lets an unused group begin with new messages (and
 * with all of them in a topic of which nothing was deleted yet and that is still in memory).
 */
function checkStart({ start, topic, group }: RocketmqSourceOptions): void {
  if (start === 'latest') return
  const time = start === 'earliest' ? '0' : String(Date.parse(start.time))
  if (time === 'NaN') throw refusal('start.time', 'is no date and time of RFC 3339')
  throw refusal(
    'start',
    `can only be latest: a proxy of RocketMQ 5 takes no position from clients. Set it on the server: mqadmin resetOffsetByTime -g ${group} -t ${topic} -s ${time}`,
  )
}

function checkEndpoint(path: string, endpoint: string): void {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(endpoint) ?? []
  if (host === undefined || port === undefined) throw refusal(path, 'is not host:port')
  if (Number(port) < 1 || Number(port) > 65_535) throw refusal(path, `has port ${port}; 1 to 65535 are ports`)
  if (host.startsWith('[') || isIPv6(host)) {
    throw refusal(path, 'is an IPv6 address, which the client cannot read; use a name that resolves to it')
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host)) throw refusal(path, 'has no valid host')
}

function refusal(path: string, fault: string): AppError {
  return new AppError('options.invalid', `rocketmq: option ${path} ${fault}`, retryNever, {
    details: { component: 'rocketmq', path },
  })
}
