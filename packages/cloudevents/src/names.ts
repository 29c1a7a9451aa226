/** The members of the JSON format that have a meaning of their own, as indexes of {@link knownNames}. */
export const ID = 0
export const SOURCE = 1
export const SPECVERSION = 2
export const TYPE = 3
export const DATACONTENTTYPE = 4
export const DATASCHEMA = 5
export const SUBJECT = 6
export const TIME = 7
export const TRACEPARENT = 8
export const DATA = 9
export const DATA_BASE64 = 10
/** Any other name. */
export const UNKNOWN = -1

/** Their names, by number. */
export const knownNames = [
  'id',
  'source',
  'specversion',
  'type',
  'datacontenttype',
  'dataschema',
  'subject',
  'time',
  'traceparent',
  'data',
  'data_base64',
] as const

/** Each name as bytes, with the quote that ends it. */
const nameBytes: readonly Uint8Array[] = knownNames.map(name => Uint8Array.from(Buffer.from(`${name}"`)))

/**
 * The number of the name that starts at `at`, behind its opening quote, and ends at a closing one; else
 * {@link UNKNOWN}. Two bytes single out the only name it can be, which is then compared.
 */
export function knownNameAt(bytes: Buffer, at: number): number {
  // Reading behind the end must not happen (see byteAt), and the longest name with its quote has 16 bytes.
  if (at + 16 > bytes.length) return knownNameNearEnd(bytes, at)
  const candidate = candidateAt(bytes, at)
  if (candidate === UNKNOWN) return UNKNOWN
  const name = nameBytes[candidate]!
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return UNKNOWN
  return candidate
}

function knownNameNearEnd(bytes: Buffer, at: number): number {
  return nameBytes.findIndex(name => bytes.subarray(at, at + name.length).equals(name))
}

function candidateAt(bytes: Buffer, at: number): number {
  const second = bytes[at + 1]
  switch (bytes[at]) {
    case 0x69: // i
      return ID
    case 0x73: // s
      if (second === 0x6f) return SOURCE
      return second === 0x70 ? SPECVERSION : SUBJECT
    case 0x74: // t
      if (second === 0x79) return TYPE
      return second === 0x69 ? TIME : TRACEPARENT
    case 0x64: // d
      if (bytes[at + 4] === 0x22) return DATA
      if (bytes[at + 4] === 0x63) return DATACONTENTTYPE
      return bytes[at + 4] === 0x73 ? DATASCHEMA : DATA_BASE64
    default:
      return UNKNOWN
  }
}

/** True when the name is made of the characters an attribute name may have (CloudEvents 1.0, "Naming Conventions"). */
export function isAttributeName(name: string): boolean {
  return /^[a-z0-9]+$/.test(name)
}
