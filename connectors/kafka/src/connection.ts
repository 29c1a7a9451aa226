import { isIP, type LookupFunction } from 'node:net'
import type { AddressGuard } from '@millrace/spi'
import type { API, Connection } from '@platformatic/kafka'
import type { Address } from './bootstrap.ts'
import type { Client } from './client.ts'
import type { ClusterOptions } from './options.ts'

/** Requests that may wait for their answers on one connection. */
const inFlightMax = 100

/** How a connection is opened. */
export interface ConnectionPlan {
  readonly client: Client
  readonly options: ClusterOptions
  readonly guard: AddressGuard
  /** Whether names must be resolved and checked before connecting. */
  readonly isGuarded: boolean
  /** Longest wait for an answer, in milliseconds. */
  readonly requestTimeoutMs: number
}

/** One connection to one broker: credentials shown, errors watched. Errors of the library come out as they are. */
export class BrokerConnection {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
    // What breaks a connection is told to its requests; without a listener it would end the process.
    connection.on('error', () => undefined)
  }

  /** Connects to the address, or to one of those that its name resolves to. Rejects with the reason of the signal. */
  static async open(plan: ConnectionPlan, address: Address, signal: AbortSignal): Promise<BrokerConnection> {
    let failure: unknown
    for (const host of await allowedHosts(plan, address.host)) {
      signal.throwIfAborted()
      try {
        return await connect(plan, address, host, signal)
      } catch (thrown) {
        if (signal.aborted) throw signal.reason
        failure = thrown
      }
    }
    throw failure
  }

  static of(connection: Connection): BrokerConnection {
    return new BrokerConnection(connection)
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  /** The connection of the library, for requests with codecs of our own. */
  get raw(): Connection {
    return this.#connection
  }

  /** Sends one request. An abort gives up the waiting; what was sent stays sent. */
  call<Args extends unknown[], Result>(
    api: API<Args, Result>,
    args: Args,
    signal: AbortSignal,
  ): Promise<Result> {
    return untilAborted(api.async(this.#connection, ...args), signal)
  }

  /** Cuts the connection; requests under way fail. */
  close(): void {
    closeNow(this.#connection)
  }
}

/** Rejects with the reason of the signal as soon as it aborts. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

async function connect(
  plan: ConnectionPlan,
  address: Address,
  host: string,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const { client, options } = plan
  const connection = new client.Connection(options.clientId, {
    connectTimeout: options.connectTimeoutMs,
    requestTimeout: plan.requestTimeoutMs,
    maxInflights: inFlightMax,
    ...tlsOf(options, address.host),
    ...(options.sasl === undefined ? {} : { sasl: { ...options.sasl } }),
  })
  const opened = BrokerConnection.of(connection)
  try {
    await untilAborted(Promise.resolve(connection.connect(host, address.port)), signal)
  } catch (thrown) {
    closeNow(connection)
    throw thrown
  }
  return opened
}

/** Names are judged by what they resolve to, and the connection goes to the address that was judged. */
async function allowedHosts(plan: ConnectionPlan, host: string): Promise<string[]> {
  plan.guard.checkHost(host)
  if (!plan.isGuarded || isIP(host) !== 0) return [host]
  return await resolve(plan.guard.lookup, host)
}

function resolve(lookup: LookupFunction, host: string): Promise<string[]> {
  return new Promise((fulfil, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error !== null) reject(error)
      else fulfil(Array.isArray(addresses) ? addresses.map(({ address }) => address) : [addresses])
    })
  })
}

function tlsOf({ tls }: ClusterOptions, host: string): { tls?: object; tlsServerName?: string } {
  if (tls === undefined) return {}
  // An address is no name that TLS could ask for; it is checked against the certificate all the same.
  const name = tls.serverName ?? (isIP(host) === 0 ? host : undefined)
  return {
    tls: {
      rejectUnauthorized: !tls.insecureSkipVerify,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tls.keyPassphrase === undefined ? {} : { passphrase: tls.keyPassphrase }),
    },
    ...(name === undefined ? {} : { tlsServerName: name }),
  }
}

function closeNow(connection: Connection): void {
  // Closing first stops the timer that would show the credentials again.
  connection.close(() => undefined)
  const socket: { destroy(): void } | undefined = connection.socket
  socket?.destroy()
}
