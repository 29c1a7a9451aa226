type SliceAscii = (this: Uint8Array, start: number, end: number) => string

/** Decodes without a copy; present in Node's Buffer, and applicable to any bytes. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice: SliceAscii }

/** The text of a few ASCII bytes. For short texts one call with all codes is several times faster than a native decoder. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  const code = (offset: number): number => bytes[start + offset] ?? 0
  switch (end - start) {
    case 0:
      return ''
    case 1:
      return String.fromCharCode(code(0))
    case 2:
      return String.fromCharCode(code(0), code(1))
    case 3:
      return String.fromCharCode(code(0), code(1), code(2))
    case 4:
      return String.fromCharCode(code(0), code(1), code(2), code(3))
    case 5:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4))
    case 6:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5))
    case 7:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6))
    case 8:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6), code(7))
    default:
      return end - start > 16
        ? latin1Slice.call(bytes, start, end)
        : asciiText(bytes, start, start + 8) + asciiText(bytes, start + 8, end)
  }
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return utf8.decode(bytes.subarray(start, end))
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
