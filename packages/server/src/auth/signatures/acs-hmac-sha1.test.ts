import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { acsSignature, acsSignatureScheme, acsStringToSign, signatureSkewMsMax } from './acs-hmac-sha1.ts'

const date = 'Mon, 23 Nov 2026 16:56:42 GMT'
const nowMs = Date.parse(date)
const json = 'application/json; charset=utf-8'
const batch = 'application/cloudevents-batch+json; charset=utf-8'
const putEvents = '/openapi/putEvents'
const nonce = 'bd088161902d6af07372e7d39c9137f7'
const signature = 'TlIMLxpwZ7hYiubsuaKlrTZi/bM='

function headersOf(nonceText: string, contentType: string, further: Record<string, string> = {}) {
  return {
    date,
    host: '127.0.0.1:39947',
    'x-acs-signature-nonce': nonceText,
    'x-acs-signature-method': 'HMAC-SHA1',
    'x-acs-signature-version': '1.0',
    'x-eventbridge-version': '2015-06-06',
    'content-type': contentType,
    ...further,
  }
}

function schemeAt(clockMs: number) {
  const clock: Clock = { nowMs: () => clockMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
  const credentials = [{ accessKeyId: 'testAK', accessKeySecret: 'testSK', account: '1' }]
  return acsSignatureScheme({ credentials, clock, pathPrefix: '/openapi/' })
}

function codeOf(decision: unknown): string {
  return decision instanceof AppError ? decision.code : 'accepted'
}

function signed(authorization = `acs:testAK:${signature}`, further: Record<string, string> = {}) {
  return { ...headersOf(nonce, batch), authorization, ...further }
}

describe('the text that is signed', () => {
  test.each([
    [putEvents, nonce, batch, signature],
    [putEvents, '847617d22091aa2137d8c4b7de475cb1', batch, 'LYz0eLr+lFzk0QHy7nrPudMHaxA='],
    ['/openapi/createRule', 'ac5c81d47a84eb58ab578b429c3ee202', json, 'tmQoC05JvVHKHFiX5+LoibkiHVo='],
    [
      '/openapi/v2/createEventStreaming',
      'f6de5682204bc14d6760459e7feba697',
      json,
      'eLViBvDE4u2PtTn2ue/0QY4okdo=',
    ],
  ])('gives the recorded signature of %s', (path, nonceText, contentType, expected) => {
    const text = acsStringToSign('POST', headersOf(nonceText, contentType), path)

    expect(acsSignature(text, 'testSK')).toBe(expected)
  })

  test('takes the headers of temporary credentials in', () => {
    const token = { 'x-acs-accesskey-id': 'STS.ak', 'x-acs-security-token': 'tok==' }
    const headers = headersOf('243cc0f254d4d5d9700cbaebdd44fdcc', json, token)

    const text = acsStringToSign('POST', headers, '/openapi/getEventBus')

    expect(text).toBe(
      `POST\n\n${json}\n${date}\nx-acs-accesskey-id:STS.ak\nx-acs-security-token:tok==\nx-acs-signature-method:HMAC-SHA1\nx-acs-signature-nonce:243cc0f254d4d5d9700cbaebdd44fdcc\nx-acs-signature-version:1.0\n/openapi/getEventBus`,
    )
    expect(acsSignature(text, 'sk2')).toBe('4C11zO1LXZnx+cNdK/KrErXA7VM=')
  })

  test('has white space of header values made plain, and the query sorted and decoded', () => {
    const text = acsStringToSign('GET', { 'x-acs-b': ' 1\t2 ', 'x-acs-a': 'x' }, '/p?z=1&a=val%20ue')

    expect(text).toBe('GET\n\n\n\nx-acs-a:x\nx-acs-b:1 2\n/p?a=val ue&z=1')
  })
})

const casesPath = join(import.meta.dirname, '../../../../../../shared/cases/signatures.json')
interface SignatureCase {
  readonly id: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly query?: Record<string, string>
  readonly secret?: string
  readonly stringToSign: string
  readonly signature?: string
}
const cases = existsSync(casesPath)
  ? (JSON.parse(readFileSync(casesPath, 'utf8')) as { cases: SignatureCase[] }).cases.filter(({ id }) =>
      id.startsWith('eventbridge/'),
    )
  : []

describe.skipIf(cases.length === 0)('published cases (skipped where ../shared/cases is absent)', () => {
  test('there are some', () => expect(cases.length).toBeGreaterThan(0))

  test.each(cases)('$id', one => {
    if (one.signature !== undefined)
      expect(acsSignature(one.stringToSign, one.secret ?? '')).toBe(one.signature)
    else {
      const query = new URLSearchParams(one.query ?? {}).toString()
      const url = query === '' ? (one.path ?? '') : `${one.path}?${query}`
      expect(acsStringToSign(one.method ?? '', one.headers ?? {}, url)).toBe(one.stringToSign)
    }
  })
})

describe('a signed request', () => {
  test('is that of the account of its key, in both notations', () => {
    for (const authorization of [`acs:testAK:${signature}`, `acs testAK:${signature}`]) {
      const decision = schemeAt(nowMs).authenticate(signed(authorization), 'POST', putEvents)
      expect(decision).toEqual({ actor: { kind: 'root' }, account: '1', keyId: 'testAK' })
    }
  })

  test('is claimed below its own path only', () => {
    const scheme = schemeAt(nowMs)

    expect(scheme.claims(signed(), 'POST', putEvents)).toBe(true)
    expect(scheme.claims(signed(), 'POST', '/api/v1/buses')).toBe(false)
    expect(scheme.claims({ authorization: 'Bearer a.b' }, 'POST', putEvents)).toBe(false)
  })

  test.each([
    ['another signature', signed('acs:testAK:AAAAAAAAAAAAAAAAAAAAAAAAAAA='), 'auth.signature-mismatch'],
    ['half a signature', signed('acs:testAK:AAAA'), 'auth.signature-mismatch'],
    ['another content type', signed(undefined, { 'content-type': json }), 'auth.signature-mismatch'],
    ['another nonce', signed(undefined, { 'x-acs-signature-nonce': 'other' }), 'auth.signature-mismatch'],
    ['an unknown key', signed(`acs:nobody:${signature}`), 'auth.unknown-key'],
    ['no key', signed('acs:'), 'auth.unknown-key'],
    ['a token', signed(undefined, { 'x-acs-security-token': 'tok==' }), 'auth.token-mismatch'],
  ])('is refused with %s', (_what, headers, code) => {
    expect(codeOf(schemeAt(nowMs).authenticate(headers, 'POST', putEvents))).toBe(code)
  })

  test('is refused on another path', () => {
    expect(codeOf(schemeAt(nowMs).authenticate(signed(), 'POST', '/openapi/deleteRule'))).toBe(
      'auth.signature-mismatch',
    )
  })

  test.each([
    [signatureSkewMsMax, 'accepted'],
    [-signatureSkewMsMax, 'accepted'],
    [signatureSkewMsMax + 1, 'auth.signature-expired'],
    [-signatureSkewMsMax - 1, 'auth.signature-expired'],
  ])('dated %i ms off the clock is %s', (skewMs, code) => {
    expect(codeOf(schemeAt(nowMs + skewMs).authenticate(signed(), 'POST', putEvents))).toBe(code)
  })

  test('counts once', () => {
    const scheme = schemeAt(nowMs)
    scheme.authenticate(signed(), 'POST', putEvents)

    expect(codeOf(scheme.authenticate(signed(), 'POST', putEvents))).toBe('auth.nonce-used')
  })

  test.each(['date', 'x-acs-signature-nonce'])('is refused without %s', missing => {
    const { [missing]: _, ...headers } = headersOf(nonce, batch) as Record<string, string>
    const right = acsSignature(acsStringToSign('POST', headers, putEvents), 'testSK')

    const decision = schemeAt(nowMs).authenticate(
      { ...headers, authorization: `acs:testAK:${right}` },
      'POST',
      putEvents,
    )

    expect(codeOf(decision)).toBe('auth.signature-mismatch')
  })
})
