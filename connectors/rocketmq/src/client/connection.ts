import { type LookupFunction, Socket } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import grpc from '@grpc/grpc-js'
import type { Tls } from './calls.ts'

/**
 * Makes every connection of this process go by the options: the library knows no way to say which authorities to trust, and
 * asks for credentials of gRPC without any.
 */
export function useTls({ ca, certificate, key, serverName, insecureSkipVerify }: Tls): void {
  const createSsl = grpc.ChannelCredentials.createSsl.bind(grpc.ChannelCredentials)
  grpc.ChannelCredentials.createSsl = () =>
    createSsl(bytes(ca), bytes(key), bytes(certificate), {
      rejectUnauthorized: !insecureSkipVerify,
      ...(serverName === undefined
        ? {}
        : { checkServerIdentity: (_host, peer) => checkServerIdentity(serverName, peer) }),
    })
}

function bytes(pem: string | undefined): Buffer | null {
  return pem === undefined ? null : Buffer.from(pem)
}

/**
 * Refuses connections of this process to addresses that are not public. A proxy names further addresses in its routes, so
 * the address of the options alone would not do; gRPC resolves names before it connects, and what is judged here is
 * what the connection goes to. The address of the options is judged before anything else, for a clear word.
 *
 * @throws AppError `sink.address-refused`, or what the name server says
 */
export async function refusePrivateAddresses(endpoint: string): Promise<void> {
  // Loaded on demand: it takes longer than the rest of the start of this process.
  const { addressGuard } = await import('@millrace/spi')
  const guard = addressGuard(false)
  const host = endpoint.replace(/:\d+$/, '')
  guard.checkHost(host)
  await new Promise<void>((resolve, reject) => {
    guard.lookup(host, { all: true }, error => (error === null ? resolve() : reject(error)))
  })
  const original: unknown = Reflect.get(Socket.prototype, 'connect')
  if (typeof original !== 'function') throw new Error('sockets do not connect')
  const guarded = function (this: Socket, ...given: unknown[]): Socket {
    // `net.connect` hands over one list of options and listener.
    const [options, ...listeners]: readonly unknown[] = Array.isArray(given[0]) ? given[0] : given
    guard.checkHost(hostOf(options))
    Reflect.apply(original, this, [withLookup(options, guard.lookup), ...listeners.filter(isListener)])
    return this
  }
  Reflect.set(Socket.prototype, 'connect', guarded)
}

function hostOf(options: unknown): string {
  if (typeof options === 'object' && options !== null && 'host' in options) return String(options.host)
  throw new Error('a connection to something else than host and port')
}

function withLookup(options: unknown, lookup: LookupFunction): object {
  return typeof options === 'object' ? { ...options, lookup } : { lookup }
}

function isListener(value: unknown): boolean {
  return typeof value === 'function'
}
