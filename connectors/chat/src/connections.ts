import { type AddressGuard, tlsSettings } from '@millrace/spi'
import type { Agent, buildConnector } from 'undici'
import type { ChatSinkOptions } from './options.ts'

/** The pool of one sink: HTTP/1.1, one message at a time on each connection, addresses guarded. */
export async function openConnections(options: ChatSinkOptions, guard: AddressGuard): Promise<Agent> {
  const undici = await import('undici')
  const { tls } = options
  const connect = undici.buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: guard.lookup,
    ...(tls === undefined ? {} : tlsSettings(tls)),
  })
  const guarded: buildConnector.connector = (target, callback) => {
    try {
      // Addresses written as such are never looked up, so the look-up alone would let them pass.
      guard.checkHost(target.hostname)
    } catch (refusal) {
      callback(refusal instanceof Error ? refusal : new Error(String(refusal)), null)
      return
    }
    connect(target, callback)
  }
  return new undici.Agent({
    allowH2: false,
    connect: guarded,
    connections: options.connectionsMax,
    pipelining: 1,
    // The signal of an attempt limits it as a whole.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}
