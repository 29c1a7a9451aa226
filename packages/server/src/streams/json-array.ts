/** The JSON array of texts that are JSON values. */
export function joinArray(texts: readonly Uint8Array[]): Buffer {
  let length = texts.length === 0 ? 2 : texts.length + 1
  for (const text of texts) length += text.length
  const joined = Buffer.allocUnsafe(length)
  joined[0] = OPEN
  let at = 1
  for (const [index, text] of texts.entries()) {
    if (index > 0) joined[at++] = COMMA
    joined.set(text, at)
    at += text.length
  }
  joined[at] = CLOSE
  return joined
}

const OPEN = 0x5b
const CLOSE = 0x5d
const COMMA = 0x2c
