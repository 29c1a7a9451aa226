import {
  type AddressRange,
  type Condition,
  type JsonNode,
  parseAddress,
  parseBlock,
} from '../language/index.ts'
import type { Place } from './place.ts'

/**
 * `{"cidr": "10.0.0.0/24"}`: the value is a string with an IP address of the block.
 *
 * `standard` takes IPv4 blocks of 0 to 31 bits and IPv6 blocks of 0 to 127 and includes their first and last address.
 * `aliyun` takes IPv4 only, of up to 32 bits, excludes the first and last address, and lets a bare address equal itself.
 */
export function parseCidr(node: JsonNode, place: Place): Condition {
  const text = place.string(node, 'cidr')
  return {
    kind: 'cidr',
    range: place.dialect === 'aliyun' ? aliyunRange(text, place) : standardRange(text, place),
  }
}

function standardRange(text: string, place: Place): AddressRange {
  const block = parseBlock(text)
  if (typeof block === 'string') return place.fail('pattern.invalid-address', block)
  if (block.low === block.high) {
    return place.fail(
      'pattern.invalid-address',
      `a block has fewer than ${block.length} bits; write one address as it is`,
    )
  }
  return block
}

function aliyunRange(text: string, place: Place): AddressRange {
  const address = parseAddress(text)
  if (address !== null && address.length === 32) return { length: 32, low: address.bits, high: address.bits }
  const block = parseBlock(text)
  if (typeof block === 'string') return place.fail('pattern.invalid-address', block)
  if (block.length !== 32) return place.fail('pattern.invalid-address', 'this dialect knows IPv4 blocks only')
  return { length: 32, low: block.low + 1n, high: block.high - 1n }
}
