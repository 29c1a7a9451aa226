type SliceAscii = (this: Uint8Array, start: number, end: number) => string

/** Decodes without a copy; present in Node's Buffer, and applicable to any bytes. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice: SliceAscii }

/** The text of a few ASCII bytes. For short texts one call with all codes is several times faster than a native decoder. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  switch (end - start) {
    case 0:
      return ''
    case 1:
      return String.fromCharCode(at(bytes, start))
    case 2:
      return String.fromCharCode(at(bytes, start), at(bytes, start + 1))
    case 3:
      return String.fromCharCode(at(bytes, start), at(bytes, start + 1), at(bytes, start + 2))
    case 4:
      return String.fromCharCode(
        at(bytes, start),
        at(bytes, start + 1),
        at(bytes, start + 2),
        at(bytes, start + 3),
      )
    case 5:
      return String.fromCharCode(
        at(bytes, start),
        at(bytes, start + 1),
        at(bytes, start + 2),
        at(bytes, start + 3),
        at(bytes, start + 4),
      )
    case 6:
      return String.fromCharCode(
        at(bytes, start),
        at(bytes, start + 1),
        at(bytes, start + 2),
        at(bytes, start + 3),
        at(bytes, start + 4),
        at(bytes, start + 5),
      )
    case 7:
      return String.fromCharCode(
        at(bytes, start),
        at(bytes, start + 1),
        at(bytes, start + 2),
        at(bytes, start + 3),
        at(bytes, start + 4),
        at(bytes, start + 5),
        at(bytes, start + 6),
      )
    case 8:
      return String.fromCharCode(
        at(bytes, start),
        at(bytes, start + 1),
        at(bytes, start + 2),
        at(bytes, start + 3),
        at(bytes, start + 4),
        at(bytes, start + 5),
        at(bytes, start + 6),
        at(bytes, start + 7),
      )
    default:
      return end - start > 16
        ? latin1Slice.call(bytes, start, end)
        : asciiText(bytes, start, start + 8) + asciiText(bytes, start + 8, end)
  }
}

function at(bytes: Uint8Array, position: number): number {
  return bytes[position] ?? 0
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return utf8.decode(bytes.subarray(start, end))
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
