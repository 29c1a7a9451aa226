import { type KeyObject, sign } from 'node:crypto'

/** What a certificate says. */
export interface CertificateFacts {
  /** Common name of subject and issuer. */
  readonly name: string
  readonly serial: Uint8Array
  readonly fromMs: number
  readonly untilMs: number
}

/**
 * An X.509 certificate in PEM that a key pair makes for itself: version 3 without extensions, signed by SHA-256 with RSA
 * (RFC 5280, section 4.1). The platform's cryptography can read certificates but make none.
 */
export function selfSignedCertificate(
  { publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  { name, serial, fromMs, untilMs }: CertificateFacts,
): string {
  const subject = sequence(set(sequence(objectId(2, 5, 4, 3), tagged(tags.utf8, Buffer.from(name)))))
  const algorithm = sequence(objectId(1, 2, 840, 113_549, 1, 1, 11), tagged(tags.null, Buffer.alloc(0)))
  const signed = sequence(
    tagged(tags.explicitVersion, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    subject,
    sequence(time(fromMs), time(untilMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const certificate = sequence(signed, algorithm, bits(sign('sha256', signed, privateKey)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const tags = {
  integer: 0x02,
  bits: 0x03,
  null: 0x05,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  explicitVersion: 0xa0,
} as const

/** One value of the distinguished encoding rules: tag, length, content. */
function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Uint8Array.of(tag, length), content])
  const size = length > 0xffff ? 3 : length > 0xff ? 2 : 1
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(length, 0, size)
  return Buffer.concat([Uint8Array.of(tag, 0x80 | size), bytes, content])
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(tags.sequence, Buffer.concat(parts))
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return tagged(tags.set, Buffer.concat(parts))
}

/** A positive number, its most significant byte first. */
function integer(value: Uint8Array): Buffer {
  const [first = 0] = value
  return tagged(tags.integer, first >= 0x80 ? Buffer.concat([Uint8Array.of(0), value]) : value)
}

function bits(value: Uint8Array): Buffer {
  return tagged(tags.bits, Buffer.concat([Uint8Array.of(0), value]))
}

function objectId(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f))
    bytes.push(...groups)
  }
  return tagged(tags.objectId, Uint8Array.from(bytes))
}

/** Two digits of the year before 2050, four from then on (RFC 5280, section 4.1.2.5). */
function time(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  const isShort = Number(digits.slice(0, 4)) < 2_050
  return isShort
    ? tagged(tags.utcTime, Buffer.from(digits.slice(2)))
    : tagged(tags.generalTime, Buffer.from(digits))
}
