/** Where a broker listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Port of a broker that is written without one. */
const portDefault = 9_092

/**
 * Reads `host:port,host:port`; IPv6 addresses stand in brackets. The result is undefined when any part is no address, or
 * when there is none.
 */
export function parseBootstrap(text: string): readonly Address[] | undefined {
  const addresses: Address[] = []
  for (const part of text.split(',')) {
    const match = /^\s*(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?\s*$/.exec(part)
    const host = match?.[1] ?? match?.[2]
    const port = match?.[3] === undefined ? portDefault : Number(match[3])
    if (host === undefined || port < 1 || port > 65_535) return undefined
    addresses.push({ host, port })
  }
  return addresses
}
