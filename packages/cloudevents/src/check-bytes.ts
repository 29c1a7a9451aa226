import { checkAttributeText, isBase64, isInteger } from './attribute-value.ts'
import { ESCAPED } from './json-scanner.ts'
import type { EventLimits, ResolvedOptions } from './limits.ts'
import {
  DATACONTENTTYPE,
  ID,
  knownNames,
  SOURCE,
  SPECVERSION,
  SUBJECT,
  TIME,
  TRACEPARENT,
  TYPE,
} from './names.ts'
import { badName, invalid, invalidData, shorten, tooMuch, unsupportedVersion } from './refusals.ts'
import { decodeString } from './text.ts'
import { isTimestampBytes } from './timestamp.ts'

/*
 * Checks of attributes on the bytes of the JSON text. Each has a short way for what nearly all events hold, and
 * leaves the rest to the checks on strings in attribute-value.ts, which are the ones that define what is right.
 */

/** Checks the string of a known attribute, whose text is `bytes[start, end)` between the quotes. */
export function checkKnown(
  bytes: Buffer,
  start: number,
  end: number,
  flags: number,
  known: number,
  options: ResolvedOptions,
): void {
  if (end - start > lengthMax(options.limits, known)) {
    checkLength(knownNames[known]!, bytes, start, end, flags, lengthMax(options.limits, known))
  }
  if (flags === 0 && isPlainlyRight(bytes, start, end, known, options)) return
  const text = decodeString(bytes, start, end, flags)
  if (known === SPECVERSION) {
    if (text !== '1.0') throw unsupportedVersion(text)
  } else {
    checkAttributeText(knownNames[known]!, text, options.tolerant)
  }
}

/** Checks the string of an extension attribute; `name` is called for messages only. */
export function checkExtensionString(
  bytes: Buffer,
  start: number,
  end: number,
  flags: number,
  name: () => string,
  options: ResolvedOptions,
): void {
  const max = options.limits.attributeLengthMax
  if (end - start > max) checkLength(name(), bytes, start, end, flags, max)
  if (flags !== 0) checkAttributeText(name(), decodeString(bytes, start, end, flags), options.tolerant)
}

/** Checks the number of an extension attribute: an `Integer`, which is whole and has 32 bits. */
export function checkExtensionNumber(bytes: Buffer, start: number, end: number, name: () => string): void {
  if (end - start <= 11 && isInteger(bytes.toString('latin1', start, end))) return
  throw invalid(name(), 'is a number, but not a whole one of 32 bits written without fraction and exponent')
}

/** Checks the string of `data_base64`. */
export function checkBase64(bytes: Buffer, start: number, end: number, flags: number): void {
  if (isBase64(decodeString(bytes, start, end, flags))) return
  throw invalidData('The member data_base64 is not base64 with padding (RFC 4648).', 'data_base64')
}

/** Checks the characters and the length of an extension's name. */
export function checkName(bytes: Buffer, start: number, end: number, limits: EventLimits): void {
  let valid = end > start
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (!((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39))) valid = false
  }
  if (!valid) throw badName(bytes.toString('utf8', start, end))
  if (end - start > limits.nameLengthMax) {
    const name = shorten(bytes.toString('latin1', start, end))
    throw tooMuch(
      'cloudevents.attribute-too-long',
      `The attribute name "${name}"`,
      'bytes',
      limits.nameLengthMax,
      end - start,
      name,
    )
  }
}

/** True when plain ASCII without escapes is clearly valid; false means: look closer. */
function isPlainlyRight(
  bytes: Buffer,
  start: number,
  end: number,
  known: number,
  options: ResolvedOptions,
): boolean {
  switch (known) {
    case ID:
    case TYPE:
    case SUBJECT:
    case TRACEPARENT:
      return end > start
    case SPECVERSION:
      return (
        end - start === 3 && bytes[start] === 0x31 && bytes[start + 1] === 0x2e && bytes[start + 2] === 0x30
      )
    case SOURCE:
      return isSimplePath(bytes, start, end)
    case TIME:
      return isTimestampBytes(bytes, start, end, options.tolerant)
    case DATACONTENTTYPE:
      return isApplicationJson(bytes, start, end)
    default:
      return false
  }
}

/** A URI-reference of letters, digits and `- . _ ~ /` alone, not empty, with no authority. */
function isSimplePath(bytes: Buffer, start: number, end: number): boolean {
  if (start === end || (bytes[start] === 0x2f && bytes[start + 1] === 0x2f)) return false
  for (let i = start; i < end; i++) if (simplePathBytes[bytes[i]!] === 0) return false
  return true
}

function isApplicationJson(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== applicationJson.length) return false
  for (let i = 0; i < applicationJson.length; i++) if (bytes[start + i] !== applicationJson[i]) return false
  return true
}

/** The text may be longer than what it stands for, when it is written with escapes. */
function checkLength(
  name: string,
  bytes: Buffer,
  start: number,
  end: number,
  flags: number,
  max: number,
): void {
  const seen =
    (flags & ESCAPED) === 0 ? end - start : Buffer.byteLength(decodeString(bytes, start, end, flags))
  if (seen > max)
    throw tooMuch('cloudevents.attribute-too-long', `The attribute ${name}`, 'bytes', max, seen, name)
}

function lengthMax(limits: EventLimits, known: number): number {
  if (known === ID) return limits.idLengthMax
  if (known === SOURCE) return limits.sourceLengthMax
  if (known === TYPE) return limits.typeLengthMax
  return known === SUBJECT ? limits.subjectLengthMax : limits.attributeLengthMax
}

const applicationJson = Uint8Array.from(Buffer.from('application/json'))
const simplePathBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9._~/-]/.test(String.fromCharCode(byte)) ? 1 : 0,
)
