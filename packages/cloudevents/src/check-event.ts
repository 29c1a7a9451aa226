import { checkAttributeText, invalid, isBase64, isInteger } from './attribute-value.ts'
import { CloudEventError } from './errors.ts'
import { ScannedEvent } from './event-text.ts'
import type { ByteRange } from './event-text.ts'
import { ESCAPED, LOWER_F, LOWER_N, LOWER_T, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './json-scanner.ts'
import type { EventLimits, ResolvedOptions } from './limits.ts'
import type { MemberTable } from './members.ts'
import {
  DATA,
  DATA_BASE64,
  DATACONTENTTYPE,
  DATASCHEMA,
  ID,
  isAttributeName,
  knownName,
  knownNames,
  SOURCE,
  SPECVERSION,
  SUBJECT,
  TIME,
  TRACEPARENT,
  TYPE,
  UNKNOWN,
} from './names.ts'
import { decodeString } from './text.ts'
import { isTimestampBytes } from './timestamp.ts'

/** Members beyond the extensions that a table must have room for: the known ones, and one to notice an overflow. */
export const knownMembersMax = 12

/**
 * Judges one event whose JSON is already checked and whose attribute names have no escapes. Kept apart from the scanning of the text because a batch goes on
 * behind an event that is not valid, but not behind text that is not JSON.
 */
export class EventChecker {
  readonly #bytes: Buffer
  readonly #table: MemberTable
  readonly #options: ResolvedOptions
  readonly #limits: EventLimits
  #slots: number[] = []
  #data: ByteRange | undefined
  #seenData = 0
  #extensions = 0
  #appendable = true
  /** Indexes in the table of the extension names so far, to find one that comes twice. */
  readonly #names: number[] = []
  #start = 0

  constructor(bytes: Buffer, table: MemberTable, options: ResolvedOptions) {
    this.#bytes = bytes
    this.#table = table
    this.#options = options
    this.#limits = options.limits
  }

  /** Returns the event whose text is `bytes[start, end)` and whose members are in the table, or throws why not. */
  check(start: number, end: number, depth: number): ScannedEvent {
    const size = end - start
    if (size > this.#limits.eventBytesMax)
      throw tooMuch('event-too-large', 'The event', 'bytes', this.#limits.eventBytesMax, size)
    if (depth > this.#limits.depthMax) {
      throw tooMuch('too-deep', 'The data', 'levels of nesting', this.#limits.depthMax, depth)
    }
    this.#begin(start)
    const count = this.#table.kept
    for (let index = 0; index < count; index++) this.#member(index)
    if (this.#table.count > count) this.#checkExtensionCount(this.#extensions + this.#table.count - count)
    this.#checkRequired()
    return new ScannedEvent(this.#bytes.subarray(start, end), this.#slots, {
      data: this.#data,
      isBase64: this.#seenData === DATA_BASE64,
      extensionCount: this.#extensions,
      appendable: this.#appendable,
    })
  }

  #begin(start: number): void {
    this.#start = start
    this.#slots = emptySlots.slice()
    this.#data = undefined
    this.#seenData = 0
    this.#extensions = 0
    this.#appendable = true
    this.#names.length = 0
  }

  #member(index: number): void {
    const table = this.#table
    const known = knownName(this.#bytes, table.nameStart[index]!, table.nameEnd[index]!)
    if (known === UNKNOWN || known === TRACEPARENT) this.#extension(index, known)
    else this.#known(index, known)
  }

  #known(index: number, known: number): void {
    const slot = known * 3
    if (this.#slots[slot] !== 0) throw duplicate(knownNames[known]!)
    // Marks the member as seen, so that a second one is found even when this one is null.
    this.#slots[slot] = -1
    const start = this.#table.valueStart[index]!
    if (known === DATA) return this.#setData(DATA, start, this.#table.valueEnd[index]!)
    if (this.#bytes[start] === LOWER_N) {
      this.#appendable = false
      return
    }
    const name = knownNames[known]!
    if (this.#bytes[start] !== QUOTE) throw wrongType(name, 'a string', this.#bytes[start]!)
    if (known === DATA_BASE64) return this.#dataBase64(index)
    this.#string(index, known, name)
  }

  #string(index: number, known: number, name: string): void {
    const table = this.#table
    const start = table.valueStart[index]! + 1
    const end = table.valueEnd[index]! - 1
    const flags = table.valueFlags[index]!
    const slot = known * 3
    this.#checkLength(name, start, end, flags, lengthMax(this.#limits, known))
    if (
      flags === 0 &&
      end > start &&
      (known === ID || known === TYPE || known === SUBJECT || known === TRACEPARENT)
    ) {
      // Plain text of at least one character: nothing further is demanded of these.
    } else if (known === TIME && flags === 0) {
      if (!isTimestampBytes(this.#bytes, start, end, this.#options.tolerant)) {
        checkAttributeText(name, decodeString(this.#bytes, start, end, flags), this.#options.tolerant)
      }
    } else if (known === SPECVERSION) {
      this.#checkVersion(decodeString(this.#bytes, start, end, flags))
    } else {
      checkAttributeText(name, decodeString(this.#bytes, start, end, flags), this.#options.tolerant)
    }
    this.#slots[slot] = start - this.#start
    this.#slots[slot + 1] = end - this.#start
    this.#slots[slot + 2] = flags
  }

  #extension(index: number, known: number): void {
    const table = this.#table
    const nameStart = table.nameStart[index]!
    const nameEnd = table.nameEnd[index]!
    this.#checkName(nameStart, nameEnd)
    for (const other of this.#names) {
      if (this.#sameName(other, nameStart, nameEnd)) throw duplicate(this.#nameAt(index))
    }
    this.#names.push(index)
    const start = table.valueStart[index]!
    const first = this.#bytes[start]!
    if (first === LOWER_N) {
      this.#appendable = false
      return
    }
    this.#checkExtensionCount(++this.#extensions)
    if (this.#appendable && this.#isWatched(nameStart, nameEnd)) this.#appendable = false
    if (first === QUOTE) {
      if (known === TRACEPARENT) this.#string(index, known, 'traceparent')
      else this.#extensionString(index)
    } else if (first !== LOWER_T && first !== LOWER_F) {
      this.#extensionNumber(index, first)
    }
  }

  #extensionString(index: number): void {
    const table = this.#table
    const start = table.valueStart[index]! + 1
    const end = table.valueEnd[index]! - 1
    const flags = table.valueFlags[index]!
    if (flags === 0 && end - start <= this.#limits.attributeLengthMax) return
    const name = this.#nameAt(index)
    this.#checkLength(name, start, end, flags, this.#limits.attributeLengthMax)
    checkAttributeText(name, decodeString(this.#bytes, start, end, flags), this.#options.tolerant)
  }

  #extensionNumber(index: number, first: number): void {
    const name = this.#nameAt(index)
    if (first === OPEN_ARRAY || first === OPEN_OBJECT)
      throw wrongType(name, 'a string, an integer or a boolean', first)
    const start = this.#table.valueStart[index]!
    const end = this.#table.valueEnd[index]!
    if (end - start > 11 || !isInteger(this.#bytes.toString('latin1', start, end))) {
      throw invalid(name, 'is a number, but not a whole one of 32 bits written without fraction and exponent')
    }
  }

  #setData(member: number, start: number, end: number): void {
    if (this.#data !== undefined) {
      throw new CloudEventError('cloudevents.data-twice', 'The event has both data and data_base64.', {
        attribute: knownNames[member],
      })
    }
    this.#data = { start: start - this.#start, end: end - this.#start }
    this.#seenData = member
  }

  #dataBase64(index: number): void {
    const start = this.#table.valueStart[index]!
    const end = this.#table.valueEnd[index]!
    const text = decodeString(this.#bytes, start + 1, end - 1, this.#table.valueFlags[index]!)
    if (!isBase64(text)) {
      throw new CloudEventError(
        'cloudevents.invalid-data',
        'The member data_base64 is not base64 with padding (RFC 4648).',
        {
          attribute: 'data_base64',
        },
      )
    }
    this.#setData(DATA_BASE64, start, end)
  }

  #checkName(start: number, end: number): void {
    let valid = end > start
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i]!
      if (!((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39))) valid = false
    }
    if (!valid) throw badName(this.#bytes.toString('utf8', start, end))
    const max = this.#limits.nameLengthMax
    if (end - start > max) {
      const name = shorten(this.#bytes.toString('latin1', start, Math.min(end, start + 100)))
      throw tooMuch(
        'attribute-too-long',
        `The attribute name ${quote(name)}`,
        'bytes',
        max,
        end - start,
        name,
      )
    }
  }

  #sameName(other: number, start: number, end: number): boolean {
    const bytes = this.#bytes
    const otherStart = this.#table.nameStart[other]!
    const length = end - start
    if (this.#table.nameEnd[other]! - otherStart !== length) return false
    for (let i = 0; i < length; i++) if (bytes[otherStart + i] !== bytes[start + i]) return false
    return true
  }

  #isWatched(start: number, end: number): boolean {
    const prefix = this.#options.watchPrefix
    if (prefix === '' || end - start < prefix.length) return false
    for (let i = 0; i < prefix.length; i++) if (this.#bytes[start + i] !== prefix.charCodeAt(i)) return false
    return true
  }

  #nameAt(index: number): string {
    return this.#bytes.toString('latin1', this.#table.nameStart[index], this.#table.nameEnd[index])
  }

  #checkLength(name: string, start: number, end: number, flags: number, max: number): void {
    if (end - start <= max) return
    const seen =
      (flags & ESCAPED) === 0 ? end - start : Buffer.byteLength(decodeString(this.#bytes, start, end, flags))
    if (seen > max) throw tooMuch('attribute-too-long', `The attribute ${name}`, 'bytes', max, seen, name)
  }

  #checkExtensionCount(count: number): void {
    if (count > this.#limits.extensionsMax) {
      throw tooMuch(
        'too-many-attributes',
        'The event',
        'extension attributes',
        this.#limits.extensionsMax,
        count,
      )
    }
  }

  #checkVersion(version: string): void {
    if (version === '1.0') return
    throw new CloudEventError(
      'cloudevents.unsupported-specversion',
      `The attribute specversion is ${quote(shorten(version))}; only "1.0" is supported.`,
      { attribute: 'specversion' },
    )
  }

  #checkRequired(): void {
    for (const known of required) {
      if (this.#slots[known * 3]! > 0) continue
      const name = knownNames[known]
      throw new CloudEventError('cloudevents.missing-attribute', `The event has no ${name}.`, {
        attribute: name,
      })
    }
    for (const known of optional) {
      if (this.#slots[known * 3] === -1) this.#slots[known * 3] = 0
    }
  }
}

/** The refusal of something that crosses a limit. */
export function tooMuch(
  code:
    | 'event-too-large'
    | 'too-deep'
    | 'attribute-too-long'
    | 'too-many-attributes'
    | 'batch-too-large'
    | 'too-many-events',
  what: string,
  unit: string,
  limit: number,
  seen: number,
  attribute?: string,
): CloudEventError {
  return new CloudEventError(`cloudevents.${code}`, `${what} has ${seen} ${unit}; the limit is ${limit}.`, {
    attribute,
    limit,
    seen,
  })
}

/** The refusal of an attribute's name. */
export function badName(name: string): CloudEventError {
  const why = isAttributeName(name) ? 'is reserved' : 'must consist of the letters a-z and digits'
  return new CloudEventError(
    'cloudevents.invalid-attribute-name',
    `The attribute name ${quote(shorten(name))} ${why}.`,
    {
      attribute: shorten(name),
    },
  )
}

function duplicate(name: string): CloudEventError {
  return new CloudEventError(
    'cloudevents.duplicate-attribute',
    `The attribute ${name} occurs more than once.`,
    {
      attribute: name,
    },
  )
}

function wrongType(name: string, wanted: string, first: number): CloudEventError {
  return new CloudEventError(
    'cloudevents.wrong-type',
    `The attribute ${name} must be ${wanted}, but is ${typeName(first)}.`,
    {
      attribute: name,
    },
  )
}

function typeName(first: number): string {
  if (first === OPEN_OBJECT) return 'an object'
  if (first === OPEN_ARRAY) return 'an array'
  if (first === QUOTE) return 'a string'
  return first === LOWER_T || first === LOWER_F ? 'a boolean' : 'a number'
}

function quote(text: string): string {
  return JSON.stringify(text)
}

function shorten(text: string): string {
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`
}

function lengthMax(limits: EventLimits, known: number): number {
  if (known === ID) return limits.idLengthMax
  if (known === SOURCE) return limits.sourceLengthMax
  if (known === TYPE) return limits.typeLengthMax
  return known === SUBJECT ? limits.subjectLengthMax : limits.attributeLengthMax
}

const required = [ID, SOURCE, SPECVERSION, TYPE] as const
const optional = [DATACONTENTTYPE, DATASCHEMA, SUBJECT, TIME, TRACEPARENT] as const
const emptySlots: readonly number[] = Array.from({ length: knownNames.length * 3 }, () => 0)
