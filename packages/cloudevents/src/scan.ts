import { EventChecker, knownMembersMax, tooMuch } from './check-event.ts'
import { CloudEventError } from './errors.ts'
import type { EventText } from './event-text.ts'
import { CLOSE_ARRAY, COMMA, ESCAPED, JsonScanner, OPEN_ARRAY, OPEN_OBJECT } from './json-scanner.ts'
import { resolveOptions } from './limits.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { MemberTable } from './members.ts'
import { checkUtf8, decodeString, toBytes } from './text.ts'

/**
 * Validates one event in the JSON format completely, in one pass over its bytes, without building its data.
 * White space around the event is allowed. The result's `bytes` share the memory of the input, with one exception:
 * when the name of an attribute is written with JSON escapes, the text is copied and the name written plainly, so
 * that whoever reads stored text may compare names byte by byte.
 *
 * Throws `CloudEventError`; what it accepts is exactly a JSON object whose members are valid by CloudEvents 1.0 and
 * within the limits. A context attribute with null counts as absent.
 */
export function scanStructured(
  input: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): EventText {
  const resolved = resolveOptions(options)
  const bytes = toBytes(input)
  const max = resolved.limits.eventBytesMax
  // White space around the event is not counted, but must not be a way around the limit either.
  if (bytes.length > max * 2 + 1_024)
    throw tooMuch('event-too-large', 'The event', 'bytes', max, bytes.length)
  checkUtf8(bytes)
  const reader = new EventReader(bytes, resolved)
  const start = reader.scanner.space(0)
  const end = reader.read(start)
  reader.expectEnd(end)
  return reader.judge(start, end)
}

/**
 * Validates a JSON array of events. An element that is no valid event yields its error in its place; text that is
 * not JSON, is not an array, or is larger than the batch limits, throws, and then nothing of the batch counts.
 */
export function scanBatch(
  input: Uint8Array | string,
  options?: EventOptions | ResolvedOptions,
): (EventText | CloudEventError)[] {
  const resolved = resolveOptions(options)
  const bytes = toBytes(input)
  const { batchBytesMax, eventsMax } = resolved.limits
  if (bytes.length > batchBytesMax)
    throw tooMuch('batch-too-large', 'The batch', 'bytes', batchBytesMax, bytes.length)
  checkUtf8(bytes)
  const reader = new EventReader(bytes, resolved)
  const scanner = reader.scanner
  let i = scanner.space(0)
  if (bytes[i] !== OPEN_ARRAY) {
    reader.expectEnd(scanner.value(i))
    throw new CloudEventError('cloudevents.not-an-array', 'A batch of events must be a JSON array.')
  }
  const outcomes: (EventText | CloudEventError)[] = []
  i = scanner.space(i + 1)
  if (bytes[i] === CLOSE_ARRAY) {
    reader.expectEnd(i + 1)
    return outcomes
  }
  for (;;) {
    if (outcomes.length === eventsMax)
      throw tooMuch('too-many-events', 'The batch', 'or more events', eventsMax, eventsMax + 1)
    const end = reader.read(i)
    outcomes.push(reader.outcome(i, end))
    i = scanner.space(end)
    if (bytes[i] === CLOSE_ARRAY) {
      reader.expectEnd(i + 1)
      return outcomes
    }
    if (bytes[i] !== COMMA) throw scanner.error(i, 'a comma or a closing bracket')
    i = scanner.space(i + 1)
  }
}

/** Reads events from one text: first their JSON, then their meaning. */
class EventReader {
  readonly scanner: JsonScanner
  readonly #bytes: Buffer
  readonly #options: ResolvedOptions
  readonly #table: MemberTable
  readonly #checker: EventChecker

  constructor(bytes: Buffer, options: ResolvedOptions) {
    this.#bytes = bytes
    this.#options = options
    this.scanner = new JsonScanner(bytes)
    this.#table = new MemberTable(options.limits.extensionsMax + knownMembersMax)
    this.#checker = new EventChecker(bytes, this.#table, options)
  }

  /** Checks the JSON of the value at `start` and returns where it ends. */
  read(start: number): number {
    this.scanner.depthSeen = 0
    if (this.#bytes[start] !== OPEN_OBJECT) return this.scanner.value(start)
    return this.#table.read(this.scanner, start)
  }

  /** The event that {@link read} has just passed, or a throw. */
  judge(start: number, end: number): EventText {
    if (this.#bytes[start] !== OPEN_OBJECT) {
      throw new CloudEventError('cloudevents.not-an-object', 'An event must be a JSON object.')
    }
    if (this.#table.namesEscaped) {
      const plain = withPlainNames(this.#bytes, this.#table, start, end)
      if (plain !== undefined) return new EventReader(plain, this.#options).#judgeWhole()
    }
    return this.#checker.check(start, end, this.scanner.depthSeen)
  }

  /** {@link judge} as an outcome. */
  outcome(start: number, end: number): EventText | CloudEventError {
    try {
      return this.judge(start, end)
    } catch (error) {
      if (error instanceof CloudEventError) return error
      throw error
    }
  }

  /** Throws unless only white space follows. */
  expectEnd(at: number): void {
    const end = this.scanner.space(at)
    if (end < this.#bytes.length) throw this.scanner.error(end, 'the end of the text')
  }

  #judgeWhole(): EventText {
    const end = this.read(0)
    return this.#checker.check(0, end, this.scanner.depthSeen)
  }
}

/** The event with its attribute names written without escapes; undefined when one of them needs its escapes. */
function withPlainNames(bytes: Buffer, table: MemberTable, start: number, end: number): Buffer | undefined {
  const parts: Buffer[] = []
  let from = start
  for (let index = 0; index < table.kept; index++) {
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
