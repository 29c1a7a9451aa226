import { CLOSE_ARRAY, COMMA, OPEN_ARRAY } from './ascii.ts'
import { CloudEventError } from './errors.ts'
import { EventReader } from './event-reader.ts'
import type { EventText } from './event-text.ts'
import { byteAt } from './json-scanner.ts'
import { resolveOptions } from './limits.ts'
import type { EventOptions, ResolvedOptions } from './limits.ts'
import { tooMuch } from './refusals.ts'
import { checkUtf8, toBytes } from './text.ts'

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
    throw tooMuch('cloudevents.event-too-large', 'The event', 'bytes', max, bytes.length)
  checkUtf8(bytes)
  const reader = new EventReader(bytes, resolved)
  const start = reader.scanner.space(0)
  const end = reader.read(start)
  reader.expectEnd(end)
  return reader.event()
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
    throw tooMuch('cloudevents.batch-too-large', 'The batch', 'bytes', batchBytesMax, bytes.length)
  checkUtf8(bytes)
  const reader = new EventReader(bytes, resolved)
  const scanner = reader.scanner
  let i = scanner.space(0)
  if (byteAt(bytes, i) !== OPEN_ARRAY) {
    reader.expectEnd(scanner.value(i))
    throw new CloudEventError('cloudevents.not-an-array', 'A batch of events must be a JSON array.')
  }
  const outcomes: (EventText | CloudEventError)[] = []
  i = scanner.space(i + 1)
  if (byteAt(bytes, i) === CLOSE_ARRAY) {
    reader.expectEnd(i + 1)
    return outcomes
  }
  for (;;) {
    if (outcomes.length === eventsMax)
      throw tooMuch('cloudevents.too-many-events', 'The batch', 'or more events', eventsMax, eventsMax + 1)
    const end = reader.read(i)
    outcomes.push(reader.outcome())
    i = scanner.space(end)
    if (byteAt(bytes, i) === CLOSE_ARRAY) {
      reader.expectEnd(i + 1)
      return outcomes
    }
    if (byteAt(bytes, i) !== COMMA) throw scanner.error(i, 'a comma or a closing bracket')
    i = scanner.space(i + 1)
  }
}
