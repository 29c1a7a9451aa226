import { CLOSE_OBJECT, COMMA, LOWER_F, LOWER_N, LOWER_T, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './ascii.ts'
import {
  checkBase64,
  checkExtensionNumber,
  checkExtensionString,
  checkKnown,
  checkName,
} from './check-bytes.ts'
import { CloudEventError } from './errors.ts'
import { ScannedEvent } from './event-text.ts'
import type { EventText } from './event-text.ts'
import { byteAt, ESCAPED, JsonScanner } from './json-scanner.ts'
import type { ResolvedOptions } from './limits.ts'
import { MemberTable } from './members.ts'
import {
  DATA,
  DATA_BASE64,
  ID,
  knownNameAt,
  knownNames,
  SOURCE,
  SPECVERSION,
  TRACEPARENT,
  TYPE,
  UNKNOWN,
} from './names.ts'
import { dataTwice, duplicate, missing, tooMuch, wrongType } from './refusals.ts'
import { decodeString } from './text.ts'

/**
 * Reads events from one text, one after the other. Text that is not JSON throws at once. A mistake in what the JSON
 * means is only noted, because a batch goes on behind an event that is not valid: `read` goes to the end of the
 * event, and `event` or `outcome` then tell.
 */
export class EventReader {
  readonly scanner: JsonScanner
  readonly #bytes: Buffer
  readonly #options: ResolvedOptions
  // What is known of the event being read.
  #start = 0
  #end = 0
  #problem: CloudEventError | undefined
  /** One bit for each known name that has occurred, with null as well. */
  #seen = 0
  /** Handed to the event in the end; see there. */
  #places = noPlaces()
  #dataStart = -1
  #dataEnd = -1
  #isBase64 = false
  /** Extensions that have a value, and all that are written. */
  #extensionCount = 0
  #extensionMembers = 0
  #appendable = true
  #namesEscaped = false
  /** Start and end of the name of each extension so far, to find one that comes twice. */
  readonly #names: number[] = []

  constructor(bytes: Buffer, options: ResolvedOptions) {
    this.#bytes = bytes
    this.#options = options
    this.scanner = new JsonScanner(bytes)
  }

  /** Reads the value at `start` and returns the index behind it. */
  read(start: number): number {
    this.#begin(start)
    if (byteAt(this.#bytes, start) === OPEN_OBJECT) this.#end = this.#members(start)
    else {
      this.#end = this.scanner.value(start)
      this.#problem = new CloudEventError('cloudevents.not-an-object', 'An event must be a JSON object.')
    }
    return this.#end
  }

  /** The event that was read, or a throw. */
  event(): EventText {
    const outcome = this.outcome()
    if (outcome instanceof CloudEventError) throw outcome
    return outcome
  }

  /** The event that was read, or what is wrong with it. */
  outcome(): EventText | CloudEventError {
    if (this.#namesEscaped) {
      const plain = withPlainNames(this.#bytes, this.#start, this.#end)
      if (plain !== undefined) {
        const reader = new EventReader(plain, this.#options)
        reader.read(0)
        return reader.outcome()
      }
    }
    const problem = this.#tooLarge() ?? this.#problem ?? this.#missing()
    if (problem !== undefined) return problem
    const start = this.#start
    const data =
      this.#dataStart < 0 ? undefined : { start: this.#dataStart - start, end: this.#dataEnd - start }
    return new ScannedEvent(this.#bytes.subarray(start, this.#end), start, this.#places, {
      data,
      isBase64: this.#isBase64,
      extensionCount: this.#extensionCount,
      appendable: this.#appendable,
    })
  }

  /** Throws unless only white space follows. */
  expectEnd(at: number): void {
    const end = this.scanner.space(at)
    if (end < this.#bytes.length) throw this.scanner.error(end, 'the end of the text')
  }

  #begin(start: number): void {
    this.#start = start
    this.#problem = undefined
    this.#seen = 0
    this.#places = noPlaces()
    this.#dataStart = -1
    this.#isBase64 = false
    this.#extensionCount = 0
    this.#extensionMembers = 0
    this.#appendable = true
    this.#namesEscaped = false
    this.#names.length = 0
    this.scanner.depthSeen = 0
  }

  #members(start: number): number {
    const bytes = this.#bytes
    const scanner = this.scanner
    let i = scanner.space(start + 1)
    if (byteAt(bytes, i) === CLOSE_OBJECT) return i + 1
    for (;;) {
      if (byteAt(bytes, i) !== QUOTE) throw scanner.error(i, 'a name in double quotes')
      const nameStart = i + 1
      const known = knownNameAt(bytes, nameStart)
      let nameEnd = nameStart
      if (known === UNKNOWN) {
        nameEnd = scanner.attributeString(i) - 1
        if ((scanner.flags & ESCAPED) !== 0) this.#namesEscaped = true
      } else {
        nameEnd += knownNames[known]!.length
      }
      const value = scanner.colon(nameEnd + 1)
      const isString = byteAt(bytes, value) === QUOTE
      const end = isString ? scanner.attributeString(value) : scanner.value(value)
      if (this.#problem === undefined) this.#member(known, nameStart, nameEnd, value, end)
      i = byteAt(bytes, end) === COMMA ? end : scanner.space(end)
      if (byteAt(bytes, i) === CLOSE_OBJECT) return i + 1
      if (byteAt(bytes, i) !== COMMA) throw scanner.error(i, 'a comma or a closing brace')
      i = byteAt(bytes, i + 1) === QUOTE ? i + 1 : scanner.space(i + 1)
    }
  }

  #member(known: number, nameStart: number, nameEnd: number, value: number, end: number): void {
    try {
      if (known !== UNKNOWN) this.#once(known)
      if (known === UNKNOWN || known === TRACEPARENT) this.#extension(known, nameStart, nameEnd, value, end)
      else this.#known(known, value, end)
    } catch (error) {
      if (!(error instanceof CloudEventError)) throw error
      this.#problem = error
    }
  }

  #once(known: number): void {
    const bit = 1 << known
    if ((this.#seen & bit) !== 0) throw duplicate(knownNames[known]!)
    this.#seen |= bit
  }

  #known(known: number, value: number, end: number): void {
    const first = byteAt(this.#bytes, value)
    if (known === DATA) return this.#data(value, end)
    if (first === LOWER_N) {
      // Null means absent. The member stays in the text, so the attribute cannot simply be appended.
      this.#appendable = false
      return
    }
    if (first !== QUOTE) throw wrongType(knownNames[known]!, 'a string', first)
    if (known === DATA_BASE64) {
      checkBase64(this.#bytes, value + 1, end - 1, this.scanner.flags)
      this.#isBase64 = true
      return this.#data(value, end)
    }
    checkKnown(this.#bytes, value + 1, end - 1, this.scanner.flags, known, this.#options)
    this.#keep(known, value + 1, end - 1)
  }

  #keep(known: number, start: number, end: number): void {
    this.#places[known * 2] = start
    if (this.scanner.flags === 0) this.#places[known * 2 + 1] = end
  }

  #data(value: number, end: number): void {
    if (this.#dataStart >= 0) throw dataTwice()
    this.#dataStart = value
    this.#dataEnd = end
  }

  #extension(known: number, nameStart: number, nameEnd: number, value: number, end: number): void {
    const bytes = this.#bytes
    this.#countExtension()
    if (known === UNKNOWN) this.#extensionName(nameStart, nameEnd)
    const first = byteAt(bytes, value)
    if (first === LOWER_N) {
      this.#appendable = false
      return
    }
    this.#extensionCount++
    const name = (): string => bytes.toString('latin1', nameStart, nameEnd)
    if (first === QUOTE) {
      checkExtensionString(bytes, value + 1, end - 1, this.scanner.flags, name, this.#options)
      if (known === TRACEPARENT) this.#keep(TRACEPARENT, value + 1, end - 1)
    } else if (first === OPEN_ARRAY || first === OPEN_OBJECT) {
      throw wrongType(name(), 'a string, an integer or a boolean', first)
    } else if (first !== LOWER_T && first !== LOWER_F) {
      checkExtensionNumber(bytes, value, end, name)
    }
  }

  /** Those with null count here, or a flood of them would make the search for doubles expensive. */
  #countExtension(): void {
    const max = this.#options.limits.extensionsMax
    if (++this.#extensionMembers <= max) return
    throw tooMuch(
      'cloudevents.too-many-attributes',
      'The event',
      'or more extension attributes',
      max,
      this.#extensionMembers,
    )
  }

  #extensionName(start: number, end: number): void {
    checkName(this.#bytes, start, end, this.#options.limits)
    const names = this.#names
    for (let i = 0; i < names.length; i += 2) {
      if (sameBytes(this.#bytes, names[i]!, names[i + 1]!, start, end)) {
        throw duplicate(this.#bytes.toString('latin1', start, end))
      }
    }
    names.push(start, end)
    const prefix = this.#options.watchPrefix
    if (prefix !== '' && startsWith(this.#bytes, start, end, prefix)) this.#appendable = false
  }

  #tooLarge(): CloudEventError | undefined {
    const { eventBytesMax, depthMax } = this.#options.limits
    const size = this.#end - this.#start
    if (size > eventBytesMax)
      return tooMuch('cloudevents.event-too-large', 'The event', 'bytes', eventBytesMax, size)
    const depth = this.scanner.depthSeen
    return depth > depthMax
      ? tooMuch('cloudevents.too-deep', 'The event', 'levels of nesting', depthMax, depth)
      : undefined
  }

  #missing(): CloudEventError | undefined {
    const places = this.#places
    if (
      places[ID * 2] !== 0 &&
      places[SOURCE * 2] !== 0 &&
      places[SPECVERSION * 2] !== 0 &&
      places[TYPE * 2] !== 0
    ) {
      return undefined
    }
    const known = [ID, SOURCE, SPECVERSION, TYPE].find(name => places[name * 2] === 0)
    return known === undefined ? undefined : missing(knownNames[known]!)
  }
}

function noPlaces(): number[] {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

function sameBytes(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let i = start, j = otherStart; i < end; i++, j++)
    if (byteAt(bytes, i) !== byteAt(bytes, j)) return false
  return true
}

function startsWith(bytes: Buffer, start: number, end: number, prefix: string): boolean {
  if (end - start < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (byteAt(bytes, start + i) !== prefix.charCodeAt(i)) return false
  return true
}

/**
 * The event with its attribute names written without escapes. Undefined when a name is none that an attribute may
 * have, because then the event is refused anyway.
 */
function withPlainNames(bytes: Buffer, start: number, end: number): Buffer | undefined {
  const table = new MemberTable()
  table.read(new JsonScanner(bytes), start)
  const parts: Buffer[] = []
  let from = start
  for (let index = 0; index < table.count; index++) {
    if ((table.nameFlags[index]! & ESCAPED) === 0) continue
    const nameStart = table.nameStart[index]!
    const nameEnd = table.nameEnd[index]!
    const name = decodeString(bytes, nameStart, nameEnd, ESCAPED)
    if (!/^[a-z0-9_]+$/.test(name)) return undefined
    parts.push(bytes.subarray(from, nameStart), Buffer.from(name, 'latin1'))
    from = nameEnd
  }
  parts.push(bytes.subarray(from, end))
  return Buffer.concat(parts)
}
