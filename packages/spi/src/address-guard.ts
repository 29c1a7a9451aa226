import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { AppError, retryNever } from './errors.ts'

/** IPv4 networks that are not public unicast (IANA special-purpose registry); IPv4-mapped IPv6 falls under them too. */
const networks4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this host
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, with the metadata services of clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks of networks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
]

const networks6: readonly (readonly [string, number])[] = [
  ['::', 96], // unspecified, loopback, IPv4-compatible
  ['64:ff9b::', 96], // NAT64: leads to any IPv4 address
  ['64:ff9b:1::', 48], // NAT64, local
  ['100::', 64], // discard
  ['2001::', 23], // protocol assignments, Teredo among them
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: leads to any IPv4 address
  ['3fff::', 20], // documentation
  ['5f00::', 16], // segment routing
  ['fc00::', 7], // unique local
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local, deprecated
  ['ff00::', 8], // multicast
]

/** Which addresses targets may have. */
export interface AddressGuard {
  /** Throws `sink.address-refused` when the host of a URL is itself a refused address; names are judged by `lookup`. */
  checkHost(hostname: string): void
  /**
   * Resolves like `dns.lookup`, and yields only addresses that are allowed: the connection is made to what was checked, so
   * that a second, different answer of the name server does not help an attacker. Fails when none is left.
   */
  readonly lookup: LookupFunction
}

/**
 * Refuses loopback, private, link-local and all other addresses that are not public unicast. `allowPrivate` lets
 * everything pass: the operator's decision, never that of a user who writes a rule.
 */
export function addressGuard(allowPrivate: boolean, resolve: LookupFunction = systemLookup): AddressGuard {
  if (allowPrivate) return { checkHost: () => undefined, lookup: resolve }
  const refused = refusedAddresses()
  const isRefused = (address: string): boolean => {
    const family = isIP(address)
    return family === 0 || refused.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
  return {
    checkHost(hostname) {
      if (isIP(hostname) !== 0 && isRefused(hostname)) throw addressRefused(hostname)
    },
    lookup(hostname, options, callback) {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '', 0)
        const found = Array.isArray(addresses) ? addresses : []
        const allowed = found.filter(candidate => !isRefused(candidate.address))
        const [first] = allowed
        if (first === undefined) return callback(addressRefused(hostname), '', 0)
        if (options.all === true) callback(null, allowed)
        else callback(null, first.address, first.family)
      })
    },
  }
}

function refusedAddresses(): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of networks4) list.addSubnet(network, prefix, 'ipv4')
  for (const [network, prefix] of networks6) list.addSubnet(network, prefix, 'ipv6')
  return list
}

function addressRefused(hostname: string): AppError {
  return new AppError(
    'sink.address-refused',
    `The target ${hostname} is, or resolves only to, addresses that are not public; the operator may allow them.`,
    retryNever,
  )
}
