import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { createFcNativeVerifier, fcResource, fcSignature, fcStringToSign } from './fc-native.ts'

const key = {
  accessKeyId: 'LTAI5tExampleAccessKeyId',
  accessKeySecret: 'ExampleSecretExampleSecret0001',
  account: '1',
}
const date = 'Mon, 23 Nov 2026 17:02:01 GMT'
const account = { 'x-fc-account-id': '123456789' }

function verifierAt(nowMs = Date.parse(date)) {
  const clock: Clock = { nowMs: () => nowMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
  return createFcNativeVerifier({ credentials: [key], clock })
}

function codeOf(verdict: unknown): string {
  return verdict instanceof AppError ? verdict.code : 'accepted'
}

const vectors = [
  {
    what: 'W1, createFunction',
    method: 'POST',
    url: '/2016-08-15/services/svc/functions',
    headers: {
      ...account,
      'content-type': 'application/json',
      'content-md5': 'YmVhZjFiMzk2MmZmZjc2OWJhMTMzNjAwMTZkYTBjOWQ=',
    },
    signature: 'DfZkaxF0wn6nQj4GidhDF/aaZvvfjVqMkqGGZWchdkk=',
  },
  {
    what: 'W2, invokeFunction',
    method: 'POST',
    url: '/2016-08-15/services/svc.prod/functions/f/invocations',
    headers: {
      ...account,
      'content-type': 'application/octet-stream',
      'content-md5': 'YmI2Y2I1YzY4ZGY0NjUyOTQxY2FmNjUyYTM2NmYyZDg=',
    },
    signature: 'YWgAWYm8QiGgDMmihNohSS++y2EA0hv6WX0NAveHWx0=',
  },
  {
    what: 'W3, invokeFunction, asynchronous',
    method: 'POST',
    url: '/2016-08-15/services/svc/functions/f/invocations',
    headers: {
      ...account,
      'content-type': 'application/octet-stream',
      'content-md5': 'OWRkNGU0NjEyNjhjODAzNGY1Yzg1NjRlMTU1YzY3YTY=',
      'x-fc-invocation-type': 'Async',
      'x-fc-stateful-async-invocation-id': 't1',
    },
    signature: '8mA0LF234aHsYX1SNlraOBTzugTiMforlROAl54blX8=',
  },
  {
    what: 'W4, createTrigger',
    method: 'POST',
    url: '/2016-08-15/services/svc/functions/f/triggers',
    headers: {
      ...account,
      'content-type': 'application/json',
      'content-md5': 'MzEzOGM2ZDJhYTUwYzIyZGJhOWNiOGE4MTRjMmNkMjg=',
    },
    signature: 'JlgmR2/Zb+nmXkwFcPe4Ipb3Byrst0AcTfpcsdToBFM=',
  },
  {
    what: 'W5, a request to a trigger by /proxy/',
    method: 'GET',
    url: '/2016-08-15/proxy/svc/f/a%20b?q=1&arr=x&arr=y',
    headers: account,
    signature: 'USqj0nQ7IGSC1Ba9TlN4rscBIRvdhLNLn/n1s0ggKm0=',
  },
]

function judge(vector: (typeof vectors)[number], nowMs?: number, signedDate = date): unknown {
  const { method, url, headers, signature } = vector
  const authorization = `FC ${key.accessKeyId}:${signature}`
  return verifierAt(nowMs).verify({ ...headers, date: signedDate, authorization }, method, url, 'api')
}

describe('requests of the official clients', () => {
  test.each(vectors)('$what, are let in', vector => {
    expect(judge(vector)).toEqual({
      actor: { kind: 'root' },
      account: '1',
      keyId: key.accessKeyId,
      contentSha256: undefined,
    })
  })

  test.each(vectors)('$what, are refused when anything that is signed differs', vector => {
    expect(codeOf(judge({ ...vector, url: `${vector.url}x` }))).toBe('auth.signature-mismatch')
    expect(codeOf(judge({ ...vector, method: 'DELETE' }))).toBe('auth.signature-mismatch')
    expect(codeOf(judge(vector, undefined, 'Mon, 23 Nov 2026 17:02:02 GMT'))).toBe('auth.signature-mismatch')
    expect(codeOf(judge({ ...vector, headers: { ...vector.headers, 'x-fc-account-id': '1' } }))).toBe(
      'auth.signature-mismatch',
    )
  })

  test('are refused when their date is more than fifteen minutes off', () => {
    const [vector] = vectors as [(typeof vectors)[number]]

    expect(codeOf(judge(vector, Date.parse(date) + 900_000))).toBe('accepted')
    const late = judge(vector, Date.parse(date) + 901_000)
    expect(codeOf(late)).toBe('auth.signature-expired')
    expect((late as AppError).message).toBe(
      `the difference between the request time '${date}' and the current time 'Mon, 23 Nov 2026 17:17:02 GMT' is too large`,
    )
  })
})

describe('a request to an HTTP trigger', () => {
  const signed = (url: string, resource: string): unknown => {
    const signature = fcSignature(fcStringToSign('GET', account, date, resource), key.accessKeySecret)
    const headers = { ...account, date, authorization: `FC ${key.accessKeyId}:${signature}` }
    return verifierAt().verify(headers, 'GET', url, 'trigger')
  }

  test('has its query signed wherever it stands', () => {
    expect(codeOf(signed('/fn/1/f/a%20b?q=1', '/fn/1/f/a%20b\nq=1'))).toBe('accepted')
    expect(codeOf(signed('/fn/1/f/a%20b?q=1', '/fn/1/f/a b\nq=1'))).toBe('accepted')
    expect(codeOf(signed('/fn/1/f?q=1', '/fn/1/f'))).toBe('auth.signature-mismatch')
    expect(codeOf(signed('/fn/1/f', '/fn/1/f'))).toBe('accepted')
  })

  test('may be signed in its URL, until that expires', () => {
    const resource = fcResource('/fn/1/f/a b', [
      ['q', '1'],
      ['x-fc-access-key-id', key.accessKeyId],
      ['x-fc-expires', '1600000000'],
    ])
    const signature = fcSignature(fcStringToSign('GET', {}, '1600000000', resource), key.accessKeySecret)
    const url = `/fn/1/f/a%20b?q=1&x-fc-access-key-id=${key.accessKeyId}&x-fc-expires=1600000000&x-fc-signature=${encodeURIComponent(signature)}`

    expect(codeOf(verifierAt(1_600_000_000_000).verify({}, 'GET', url, 'trigger'))).toBe('accepted')
    expect(codeOf(verifierAt(1_600_000_000_001).verify({}, 'GET', url, 'trigger'))).toBe(
      'auth.signature-expired',
    )
    expect(codeOf(verifierAt(0).verify({}, 'GET', url.replace('1600000000', '1700000000'), 'trigger'))).toBe(
      'auth.signature-mismatch',
    )
  })
})

const casesPath = join(import.meta.dirname, '../../../../../../shared/cases/signatures.json')
interface SignatureCase {
  readonly id: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly query?: Record<string, string | string[]>
  readonly secret?: string
  readonly securityToken?: string
  readonly expires?: number
  readonly url?: string
  readonly stringToSign?: string
  readonly resource?: string
  readonly signature?: string
}
const cases = existsSync(casesPath)
  ? (JSON.parse(readFileSync(casesPath, 'utf8')) as { cases: SignatureCase[] }).cases.filter(({ id }) =>
      id.startsWith('fc'),
    )
  : []

function pairsOf(query: SignatureCase['query'] = {}): [string, string | undefined][] {
  return Object.entries(query).flatMap(([name, value]): [string, string | undefined][] => {
    if (typeof value === 'string') return [[name, value]]
    return value.length === 0 ? [[name, undefined]] : value.map(one => [name, one])
  })
}

describe.skipIf(cases.length === 0)('published cases (skipped where ../shared/cases is absent)', () => {
  test('there are some', () => expect(cases.length).toBeGreaterThan(4))

  test.each(cases)('$id', one => {
    if (one.url !== undefined) {
      const { pathname, searchParams } = new URL(one.url)
      const signed = [...searchParams].filter(([name]) => name !== 'x-fc-signature')
      const resource = fcResource(decodeURIComponent(pathname), signed)
      const text = fcStringToSign(one.method ?? '', {}, String(one.expires), resource)
      expect(fcSignature(text, one.secret ?? '')).toBe(searchParams.get('x-fc-signature'))
      return
    }
    const resource = fcResource(one.path ?? '', pairsOf(one.query))
    if (one.resource !== undefined) {
      expect(resource).toBe(one.resource)
      return
    }
    const { headers = {}, query = {} } = one
    const expires = query['x-fc-expires']
    const dated = headers['date'] ?? (Array.isArray(expires) ? (expires[0] ?? '') : '')
    const text = fcStringToSign(one.method ?? '', headers, dated, resource)
    expect(text).toBe(one.stringToSign)
    if (one.signature !== undefined) expect(fcSignature(text, one.secret ?? '')).toBe(one.signature)
  })
})
