import { format } from 'node:util'
import type { BaseClientOptions } from 'rocketmq-client-nodejs'
import type { Access } from './calls.ts'

/** Longest line that is handed to the parent, in characters. */
const lineLengthMax = 500

/** What consumers and producers have in common. With a logger of its own the library writes no files. */
export function clientOptions(access: Access, log: (text: string) => void): BaseClientOptions {
  const { credentials } = access
  const line = (...parts: unknown[]): void => log(format(...parts).slice(0, lineLengthMax))
  return {
    endpoints: access.endpoint,
    namespace: access.namespace,
    sslEnabled: access.tls !== undefined,
    requestTimeout: access.requestTimeoutMs,
    logger: { debug() {}, info() {}, warn: line, error: line },
    ...(credentials === undefined ? {} : { sessionCredentials: credentials }),
  }
}
