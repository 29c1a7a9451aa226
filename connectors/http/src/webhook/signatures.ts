import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DoorRequest } from '@millrace/spi'
import type { WebhookSignature } from './options.ts'

/** Whether a request is signed with one of the secrets, and, where the scheme has a time, is fresh. Constant time in the secrets. */
export function isSigned(request: DoorRequest, signature: WebhookSignature, nowMs: number): boolean {
  switch (signature.type) {
    case 'github':
      return isGithub(request, signature.secrets)
    case 'stripe':
      return isStripe(request, signature, nowMs)
    case 'standard-webhooks':
      return isStandard(request, signature, nowMs)
  }
}

function isGithub({ headers, body }: DoorRequest, secrets: readonly string[]): boolean {
  const [, given = ''] = /^sha256=([0-9a-f]{64})$/i.exec(headers['x-hub-signature-256'] ?? '') ?? []
  return anyFits(secrets, [given.toLowerCase()], secret => hmac(secret, [body]).toString('hex'))
}

interface Timed {
  readonly secrets: readonly string[]
  readonly toleranceSeconds: number
}

function isStripe(
  { headers, body }: DoorRequest,
  { secrets, toleranceSeconds }: Timed,
  nowMs: number,
): boolean {
  const parts = (headers['stripe-signature'] ?? '').split(',').map(part => part.trim().split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  if (!isFresh(time, toleranceSeconds, nowMs)) return false
  const given = parts.flatMap(([name, value = '']) => (name === 'v1' ? [value.toLowerCase()] : []))
  return anyFits(secrets, given, secret => hmac(secret, [`${time}.`, body]).toString('hex'))
}

function isStandard(
  { headers, body }: DoorRequest,
  { secrets, toleranceSeconds }: Timed,
  nowMs: number,
): boolean {
  const id = headers['webhook-id'] ?? ''
  const time = headers['webhook-timestamp'] ?? ''
  if (id === '' || !isFresh(time, toleranceSeconds, nowMs)) return false
  const given = (headers['webhook-signature'] ?? '')
    .split(' ')
    .flatMap(part => (part.startsWith('v1,') ? [part.slice('v1,'.length)] : []))
  return anyFits(secrets, given, secret => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return hmac(key, [`${id}.${time}.`, body]).toString('base64')
  })
}

function isFresh(seconds: string, toleranceSeconds: number, nowMs: number): boolean {
  if (!/^\d{1,12}$/.test(seconds)) return false
  return Math.abs(nowMs / 1_000 - Number(seconds)) <= toleranceSeconds
}

/** Signatures that a request may carry at most: senders send one for each secret while they change them. */
const givenMax = 10

function anyFits(
  secrets: readonly string[],
  given: readonly string[],
  sign: (secret: string) => string,
): boolean {
  const signatures = given.slice(0, givenMax)
  let fits = false
  for (const secret of secrets) {
    const expected = Buffer.from(sign(secret))
    for (const signature of signatures) {
      const seen = Buffer.from(signature)
      if (seen.length === expected.length && timingSafeEqual(seen, expected)) fits = true
    }
  }
  return fits
}

function hmac(key: string | Buffer, parts: readonly (string | Uint8Array)[]): Buffer {
  const sum = createHmac('sha256', key)
  for (const part of parts) sum.update(part)
  return sum.digest()
}
