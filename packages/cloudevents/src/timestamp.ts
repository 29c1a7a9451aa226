/**
 * True when `bytes[start, end)` is an RFC 3339 date-time: a real calendar day, hours to 23, minutes to 59, seconds
 * to 60 (a leap second is taken at any minute, since its announcement cannot be known), any number of fraction
 * digits, `Z` or an offset. `T` and `Z` may be lower case. With `tolerant`, a zone id such as `Asia/Shanghai` or
 * `PRC` may stand where the offset belongs; whether that zone exists is not looked up.
 */
export function isTimestampBytes(bytes: Uint8Array, start: number, end: number, tolerant: boolean): boolean {
  if (end - start < 20) return false
  const year = digits(bytes, start, 4)
  const month = digits(bytes, start + 5, 2)
  const day = digits(bytes, start + 8, 2)
  const hour = digits(bytes, start + 11, 2)
  const minute = digits(bytes, start + 14, 2)
  const second = digits(bytes, start + 17, 2)
  if (year < 0 || hour < 0 || minute < 0 || second < 0) return false
  if (bytes[start + 4] !== DASH || bytes[start + 7] !== DASH || (bytes[start + 10]! | 0x20) !== LOWER_T) {
    return false
  }
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false
  if (hour > 23 || minute > 59 || second > 60) return false
  let at = start + 19
  if (bytes[at] === DOT) {
    const fraction = at + 1
    at = fraction
    while (at < end && isDigit(bytes[at]!)) at++
    if (at === fraction) return false
  }
  return isOffset(bytes, at, end) || (tolerant && isZoneId(bytes, at, end))
}

/** {@link isTimestampBytes} for a string. */
export function isTimestamp(text: string, tolerant = false): boolean {
  const bytes = Buffer.from(text, 'utf8')
  return isTimestampBytes(bytes, 0, bytes.length, tolerant)
}

function isOffset(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at === 1) return (bytes[at]! | 0x20) === LOWER_Z
  if (end - at !== 6) return false
  if ((bytes[at] !== PLUS && bytes[at] !== DASH) || bytes[at + 3] !== COLON) return false
  const hours = digits(bytes, at + 1, 2)
  const minutes = digits(bytes, at + 4, 2)
  return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59
}

function isZoneId(bytes: Uint8Array, at: number, end: number): boolean {
  const id = String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 65)))
  return /^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(id)
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const byte = bytes[i]!
    if (!isDigit(byte)) return -1
    value = value * 10 + byte - ZERO
  }
  return value
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const ZERO = 0x30
const DASH = 0x2d
const PLUS = 0x2b
const COLON = 0x3a
const DOT = 0x2e
const LOWER_T = 0x74
const LOWER_Z = 0x7a
