import type { OutgoingRecord } from '@millrace/spi'
import type { ConsoleSinkOptions } from './options.ts'

const decoder = new TextDecoder('utf-8')

/** Bytes that one character has at most. */
const characterBytesMax = 4

/**
 * What is shown of a record: when, type, source and id, then as much of it as the options say. Nothing in it can move
 * the cursor, change colours or begin a line of its own, whatever an event holds.
 */
export function readableLine(
  record: OutgoingRecord,
  nowMs: number,
  { show, lengthMax }: ConsoleSinkOptions,
): string {
  const { type, source, id, event, body } = record
  const head = `${new Date(nowMs).toISOString()} ${shown(type)} ${shown(source)} ${shown(id)}`
  if (show === 'head') return head
  return `${head} ${shortened(show === 'event' ? event : body, lengthMax)}`
}

function shortened(bytes: Uint8Array, lengthMax: number): string {
  const text = decoder.decode(bytes.subarray(0, (lengthMax + 1) * characterBytesMax))
  const characters = Array.from(text)
  const isWhole = characters.length <= lengthMax
  return isWhole ? shown(text) : `${shown(characters.slice(0, lengthMax).join(''))}…`
}

/** Blanks for ends of lines, escapes for all other characters that a terminal acts on. */
function shown(text: string): string {
  return text
    .replaceAll(/\s*[\r\n]\s*/g, ' ')
    .replaceAll(
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
      character => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    )
}
