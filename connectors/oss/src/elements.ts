/** One element of a content, or the news that one was too long. */
export type ElementPart = { readonly bytes: Buffer } | { readonly tooLong: number }

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Splits a content into its elements while it comes in. No more than the longest allowed element, and what has come in at once, is held. An element
 * that is longer is passed over to its end, with its length; empty ones are left out.
 */
export async function* elementsOf(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: Uint8Array,
  bytesMax: number,
): AsyncGenerator<ElementPart> {
  let rest = Buffer.alloc(0)
  /** Bytes of an element that was too long, of which nothing is held any more. */
  let dropped = 0
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let start = 0
    for (;;) {
      const end = rest.indexOf(delimiter, start)
      if (end === -1) break
      const part = finished(rest.subarray(start, end), dropped, delimiter, bytesMax)
      dropped = 0
      start = end + delimiter.length
      if (part !== undefined) yield part
    }
    rest = rest.subarray(start)
    // One byte less than the delimiter stays: it may go on in the next chunk. One more is for a carriage return.
    const kept = delimiter.length
    if (rest.length > bytesMax + kept) {
      dropped += rest.length - kept
      rest = rest.subarray(rest.length - kept)
    }
  }
  const last = finished(rest, dropped, delimiter, bytesMax)
  if (last !== undefined) yield last
}

function finished(
  bytes: Buffer,
  dropped: number,
  delimiter: Uint8Array,
  bytesMax: number,
): ElementPart | undefined {
  const isLine = delimiter.length === 1 && delimiter[0] === lineFeed
  const element = isLine && bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
  const length = dropped + element.length
  if (length > bytesMax) return { tooLong: length }
  // What is yielded is kept by others, who need not keep the whole chunk for it.
  return length === 0 ? undefined : { bytes: Buffer.from(element) }
}
