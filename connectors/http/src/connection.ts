import type { Socket } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { type AddressGuard, tlsSettings } from '@millrace/spi'
import type { HttpSinkOptions } from './options.ts'

/** Other origins than the target's own are reached through redirects alone. */
const originsMax = 16

/** Keep-alive hints of a target are believed up to this. */
const idleTimeoutMsMax = 600_000

/** The connections of one sink. */
export interface Connections {
  readonly agent: Agent
  /** Closes at once what is still connecting or in use. */
  destroy(): Promise<void>
}

/**
 * Makes the pool: HTTP/1.1, one request at a time on each connection, addresses guarded. HTTP/2 is not offered, because
 * its one connection for all would tie the time-outs of deliveries together.
 */
export function openConnections(options: HttpSinkOptions, guard: AddressGuard): Connections {
  const connecting = new Set<Socket>()
  const agent = new Agent({
    allowH2: false,
    connect: guardedConnector(options, guard, connecting),
    connections: options.connectionsMax,
    pipelining: 1,
    keepAliveTimeout: options.idleTimeoutMs,
    keepAliveMaxTimeout: Math.max(options.idleTimeoutMs, idleTimeoutMsMax),
    maxOrigins: originsMax,
    // The signal of an attempt limits it as a whole.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    agent,
    async destroy() {
      for (const socket of connecting) socket.destroy()
      await agent.destroy()
    },
  }
}

function guardedConnector(
  options: HttpSinkOptions,
  guard: AddressGuard,
  connecting: Set<Socket>,
): buildConnector.connector {
  const { tls } = options
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: guard.lookup,
    ...(tls === undefined ? {} : tlsSettings(tls)),
  })
  return (target, callback) => {
    try {
      // Addresses written as such are never looked up, so the look-up alone would let them pass.
      guard.checkHost(target.hostname)
    } catch (refusal) {
      callback(refusal instanceof Error ? refusal : new Error(String(refusal)), null)
      return
    }
    const socket: unknown = connect(target, (...result) => {
      if (isSocket(socket)) connecting.delete(socket)
      callback(...result)
    })
    if (isSocket(socket)) connecting.add(socket)
  }
}

/** The connector of undici returns its socket, although its type does not say so. */
function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'destroy' in value
}
