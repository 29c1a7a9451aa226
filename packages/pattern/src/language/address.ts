/** An IP address as the bits of one integer; `length` is 32 or 128. */
export interface Address {
  readonly length: 32 | 128
  readonly bits: bigint
}

/** Addresses from `low` to `high`, both included. A range with `low` above `high` holds none. */
export interface AddressRange {
  readonly length: 32 | 128
  readonly low: bigint
  readonly high: bigint
}

/**
 * Reads an IPv4 address in four decimal parts or an IPv6 address in hexadecimal groups (RFC 4291, without an embedded IPv4
 * part). An IPv4-mapped IPv6 address is the IPv4 address. Gives null for anything else.
 */
export function parseAddress(text: string): Address | null {
  if (text.length > 64) return null
  return text.includes(':') ? parseVersion6(text) : parseVersion4(text)
}

/** Reads `address/bits`. Gives the reason as a string when that is no block. */
export function parseBlock(text: string): AddressRange | string {
  const slash = text.indexOf('/')
  if (slash === -1) return 'a block is an address, a slash and a number of bits'
  const address = parseAddress(text.slice(0, slash))
  if (address === null) return 'the part before the slash is no IP address'
  const mask = text.slice(slash + 1)
  if (!/^[0-9]{1,3}$/.test(mask)) return 'the part after the slash is no number of bits'
  const bits = Number(mask)
  if (bits > address.length) return `${bits} bits are more than the ${address.length} of the address`
  const size = (1n << BigInt(address.length - bits)) - 1n
  return { length: address.length, low: address.bits & ~size, high: address.bits | size }
}

function parseVersion4(text: string): Address | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let bits = 0n
  for (const part of parts) {
    if (!/^[0-9]{1,10}$/.test(part) || Number(part) > 255) return null
    bits = (bits << 8n) | BigInt(part)
  }
  return { length: 32, bits }
}

function parseVersion6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = groups(halves[0] ?? '')
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : []
  if (head === null || tail === null) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  let bits = 0n
  const zeros = Array.from({ length: missing }, () => 0)
  for (const group of [...head, ...zeros, ...tail]) bits = (bits << 16n) | BigInt(group)
  if (bits >> 32n === 0xffffn) return { length: 32, bits: bits & 0xffffffffn }
  return { length: 128, bits }
}

function groups(text: string): number[] | null {
  if (text === '') return []
  const values: number[] = []
  for (const group of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
    values.push(Number.parseInt(group, 16))
  }
  return values
}
