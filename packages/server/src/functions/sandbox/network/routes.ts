import { isIPv4 } from 'node:net'
import type { NetworkSpec } from '../../../resources/index.ts'
import { functionError } from '../../errors.ts'

/** Addresses that are not of the public internet: private, shared, link-local, reserved, multicast. */
const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** The way out of every instance. */
const slirpGateway = '10.0.2.2/32'

/** Rules for allowed addresses come before the one that refuses all others, and both before the usual ones. */
const allowedFrom = 1_000
const refuseOthersAt = 20_000

export interface RouteOptions {
  /** Whether the operator lets code reach private addresses. */
  readonly allowPrivate: boolean
  /** Addresses of the machine itself, which code never reaches. */
  readonly own: readonly string[]
}

/**
 * Commands for `ip -batch` in the namespace of an instance, before it is connected. Refusals are routes more exact than
 * the default one, so that they hold from the first moment. Code cannot change them: it has no right to.
 */
export function routes(network: NetworkSpec, { allowPrivate, own }: RouteOptions): string[] {
  const closed = [...(allowPrivate ? [] : privateNetworks), ...own.map(address => `${address}/32`)]
  const lines = closed.map(destination => `route add unreachable ${destination}`)
  if (typeof network !== 'object') return lines
  const allowed = network.allow.map((text, index) => {
    const { address, port } = parseAllowed(text)
    const to = `rule add pref ${allowedFrom + index} to ${address}`
    return port === undefined
      ? [`${to} lookup main`]
      : ['tcp', 'udp'].map(kind => `${to} ipproto ${kind} dport ${port} lookup main`)
  })
  // The kernel accepts a default route only where its gateway can be reached; nothing listens there.
  const gateway = `rule add pref ${allowedFrom - 1} to ${slirpGateway} lookup main`
  return [...lines, gateway, ...allowed.flat(), `rule add pref ${refuseOthersAt} unreachable`]
}

/** `10.1.0.0/16`, `10.1.2.3`, each with an optional `:port`. Throws `function.network-unavailable` for all else. */
function parseAllowed(text: string): { address: string; port: number | undefined } {
  const match = /^(?<address>[0-9.]+)(?:\/(?<prefix>\d{1,2}))?(?::(?<port>\d{1,5}))?$/.exec(text)
  const { address = '', prefix = '32', port } = match?.groups ?? {}
  if (!isIPv4(address) || Number(prefix) > 32 || Number(port ?? 1) > 65_535 || Number(port ?? 1) < 1) {
    throw functionError(
      'function.network-unavailable',
      `the allowed address ${text} must be an IPv4 address or network with an optional port, such as 10.1.0.0/16:443`,
    )
  }
  return { address: `${address}/${prefix}`, port: port === undefined ? undefined : Number(port) }
}
