import { isUtf8 } from 'node:buffer'
import { CloudEventError } from './errors.ts'

/**
 * Encodes an attribute's string form for an HTTP header (HTTP binding, section 3.1.3.2): space, double quote,
 * percent and everything outside printable ASCII become percent-encoded UTF-8.
 */
export function encodeHeaderValue(text: string): string {
  if (!/[^\x21\x23\x24\x26-\x7e]/.test(text)) return text
  return text.replace(/[^\x21\x23\x24\x26-\x7e]+/gu, run => {
    let encoded = ''
    for (const byte of Buffer.from(run, 'utf8'))
      encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

/**
 * Decodes a header value: double quotes of older producers are undone, then one round of percent-decoding. The value
 * is as `node:http` hands it out, one character for each byte. Bytes outside ASCII that a producer has sent
 * unencoded are taken as UTF-8. Throws `cloudevents.invalid-header` for a percent sign without two hexadecimal
 * digits, an open quote, or bytes that are not UTF-8.
 */
export function decodeHeaderValue(name: string, value: string): string {
  const text = value.trim()
  if (!/["%\x80-\uffff]/.test(text)) return text
  const unquoted = text.startsWith('"') ? unquote(name, text) : text
  if (!/[%\x80-\uffff]/.test(unquoted)) return unquoted
  if (/%(?![0-9A-Fa-f]{2})/.test(unquoted))
    throw broken(name, 'has a percent sign without two hexadecimal digits')
  if (/[\u0100-\uffff]/.test(unquoted)) throw broken(name, 'has characters that no HTTP header can carry')
  const bytes = Buffer.from(
    unquoted.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
    'latin1',
  )
  if (!isUtf8(bytes)) throw broken(name, 'is not UTF-8 after percent-decoding')
  return bytes.toString('utf8')
}

function unquote(name: string, text: string): string {
  const match = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)
  if (match === null) throw broken(name, 'has an opening double quote that is not closed at its end')
  return match[1]!.replace(/\\(.)/gs, '$1')
}

function broken(name: string, what: string): CloudEventError {
  return new CloudEventError('cloudevents.invalid-header', `The header ce-${name} ${what}.`, {
    attribute: name,
  })
}
