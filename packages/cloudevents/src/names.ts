/** The members of the JSON format that have a meaning of their own, in the order of {@link knownNames}. */
export const ID = 0
export const SOURCE = 1
export const SPECVERSION = 2
export const TYPE = 3
export const DATACONTENTTYPE = 4
export const DATASCHEMA = 5
export const SUBJECT = 6
export const TIME = 7
export const DATA = 8
export const DATA_BASE64 = 9
export const TRACEPARENT = 10
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
  'data',
  'data_base64',
  'traceparent',
] as const

const nameBytes: readonly Uint8Array[] = knownNames.map(name => Uint8Array.from(Buffer.from(name)))

/** The number of the name in `bytes[start, end)`, or {@link UNKNOWN}. */
export function knownName(bytes: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return isName(bytes, start, ID)
    case 4:
      if (bytes[start] === 0x64) return isName(bytes, start, DATA)
      return bytes[start + 1] === 0x69 ? isName(bytes, start, TIME) : isName(bytes, start, TYPE)
    case 6:
      return isName(bytes, start, SOURCE)
    case 7:
      return isName(bytes, start, SUBJECT)
    case 10:
      return isName(bytes, start, DATASCHEMA)
    case 11:
      if (bytes[start] === 0x73) return isName(bytes, start, SPECVERSION)
      return bytes[start] === 0x64 ? isName(bytes, start, DATA_BASE64) : isName(bytes, start, TRACEPARENT)
    case 15:
      return isName(bytes, start, DATACONTENTTYPE)
    default:
      return UNKNOWN
  }
}

function isName(bytes: Uint8Array, start: number, candidate: number): number {
  const name = nameBytes[candidate]!
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return UNKNOWN
  return candidate
}

/** True when the name is made of the characters an attribute name may have (CloudEvents 1.0, section 3.1). */
export function isAttributeName(name: string): boolean {
  return /^[a-z0-9]+$/.test(name)
}
