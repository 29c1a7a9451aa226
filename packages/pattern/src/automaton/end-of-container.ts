const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * The position behind the end of a container of JSON, from a position inside of it and outside of strings; -1 where the
 * bytes end first. `words` is a view of all the memory that the bytes are a part of.
 *
 * Outside of strings most bytes are digits and punctuation, all of which come before the brackets: loops of their own run over
 * them, and over the long numbers, which stand behind colons, four bytes at a time.
 */
export function endOfContainer(bytes: Uint8Array, words: DataView, from: number): number {
  const end = bytes.length
  const offset = bytes.byteOffset
  const lastWords = end - 12
  let position = from
  let depth = 1
  while (position < end) {
    let byte = bytes[position] ?? 0
    position += 1
    if (
      byte === colon &&
      position < lastWords &&
      isPlain(words.getInt32(offset + position, true)) &&
      isPlain(words.getInt32(offset + position + 4, true))
    ) {
      position += 8
      while (position < lastWords && isPlain(words.getInt32(offset + position, true))) position += 4
      byte = bytes[position] ?? 0
      position += 1
    }
    while (byte < openBracket && byte !== quote && position < end) {
      byte = bytes[position] ?? 0
      position += 1
    }
    if (byte === quote) {
      while (position < end && bytes[position] !== quote) position += bytes[position] === backslash ? 2 : 1
      position += 1
    } else if (byte === openBrace || byte === openBracket) {
      depth += 1
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1
      if (depth === 0) return position
    }
  }
  return -1
}

/** Whether none of the four bytes is a quote, a bracket or a brace; sometimes no where yes would be right. */
function isPlain(word: number): boolean {
  const apart = word ^ 0x22222222
  return ((((apart - 0x01010101) & ~apart) | (word + 0x25252525) | word) & 0x80808080) === 0
}
