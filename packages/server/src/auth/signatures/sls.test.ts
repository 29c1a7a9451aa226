import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { createSlsV1Verifier } from './sls-v1.ts'
import { createSlsV4Verifier } from './sls-v4.ts'

const date = 'Tue, 15 Jul 2025 08:00:00 GMT'
const credentials = [{ accessKeyId: 'testid', accessKeySecret: 'testsecret', account: '1' }]

function at(shiftMs: number): Clock {
  return { nowMs: () => Date.parse(date) + shiftMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
}

function verdict(method: string, url: string, headers: Record<string, string>, shiftMs = 0): string {
  const create =
    headers.authorization?.startsWith('LOG ') === true ? createSlsV1Verifier : createSlsV4Verifier
  const result = create({ credentials, clock: at(shiftMs) }).verify(headers, method, url)
  return result instanceof AppError ? result.code : result.account
}

const sha1 = { date, 'x-log-apiversion': '0.6.0', 'x-log-signaturemethod': 'hmac-sha1' }
const sha256 = {
  date,
  'x-log-apiversion': '0.6.0',
  'x-log-bodyrawsize': '0',
  'x-log-signaturemethod': 'hmac-sha256',
}
const json = { 'content-type': 'application/json' }
const group = { ...sha1, 'content-type': 'application/x-protobuf', 'x-log-bodyrawsize': '71' }

/** What, method, target, headers, signature: of the real clients, and computed by their rule (mns-and-sls section 2.11). */
const vectors: readonly (readonly [string, string, string, Record<string, string>, string])[] = [
  [
    'S1',
    'GET',
    '/logstores/ls?query=level%3A%20error&line=10&offset=0&reverse=true&topic=&type=log&from=1752562800&to=1752566400',
    { ...sha1, ...json },
    'sDyJwtpu7/WuDt6sim4A0FxIRy8=',
  ],
  [
    'S2',
    'POST',
    '/logstores/ls/shards/lb',
    { ...group, 'content-md5': 'AD228E86D007EEB0F0DF85C90AE8BA32' },
    'M2U5Ro1gPCA6qH7umvhek635aRo=',
  ],
  [
    'S4',
    'POST',
    '/logstores?',
    { ...sha1, ...json, 'content-md5': '09F3ACE30970C8C81685308904B0C052' },
    'Oh4rqdmyU4t1wtXYlM4bd19xcwY=',
  ],
  [
    'S5',
    'GET',
    '/logstores/ls?type=log&from=1752562800&to=1752566400&query=level%3A+error&line=10&offset=0&reverse=true',
    sha256,
    '6MsixPol0f/tGn4HKRoEgJiYPKE+2T/U+Xu2HwICIcY=',
  ],
  [
    'S6',
    'POST',
    '/logstores',
    { ...sha256, ...json, 'x-log-bodyrawsize': '45', 'content-md5': 'AE18F947536BFF1A95F1194A719365A6' },
    'FwwJh+RZtTAk2lLGf98FcuHVAa3cnmpxuyWBHBTe8+w=',
  ],
  [
    'S7',
    'POST',
    '/logstores/ls/shards/lb',
    { ...group, 'x-log-compresstype': 'deflate', 'content-md5': 'B8D1FB5C04001404883DE27EEE4633D0' },
    'z4xYO4cnuiFgq+DMZpET1f7FiCU=',
  ],
  [
    'S8',
    'POST',
    '/logstores/ls/shards/lb',
    { ...group, 'x-log-compresstype': 'lz4', 'content-md5': 'E666945C27D73DA8E0CEBF5F9E566911' },
    'iJcqLvtME6H2qp4FzZe70BYAbGM=',
  ],
]

describe('signatures of the first scheme', () => {
  test.each(vectors)('%s counts', (_name, method, url, headers, signature) => {
    expect(verdict(method, url, { ...headers, authorization: `LOG testid:${signature}` })).toBe('1')
  })

  test('of requests with a token are refused, though the token is signed', () => {
    const signed = { ...sha1, ...json, 'x-acs-security-token': 'tok' }
    expect(
      verdict('GET', '/logstores/ls', {
        ...signed,
        authorization: 'LOG testid:6FBF7iP7SaxJQhyIeDk4SsPqlgM=',
      }),
    ).toBe('auth.token-mismatch')
  })

  const [, , , , good] = vectors[0]!
  const signed = { ...sha1, ...json, authorization: `LOG testid:${good}` }
  const url = vectors[0]![2]
  test.each<[string, string, Record<string, string>, number, string]>([
    ['of another method', 'POST', signed, 0, 'auth.signature-mismatch'],
    [
      'with a changed header',
      'GET',
      { ...signed, 'x-log-apiversion': '0.6.1' },
      0,
      'auth.signature-mismatch',
    ],
    ['by another digest', 'GET', { ...signed, 'x-log-signaturemethod': 'md5' }, 0, 'auth.signature-mismatch'],
    ['of an unknown key', 'GET', { ...signed, authorization: `LOG nobody:${good}` }, 0, 'auth.unknown-key'],
    ['that are too old', 'GET', signed, 15 * 60_000 + 1, 'auth.signature-expired'],
    ['of the future', 'GET', signed, -15 * 60_000 - 1, 'auth.signature-expired'],
    ['that are old enough', 'GET', signed, 15 * 60_000, '1'],
  ])('%s', (_what, method, headers, shiftMs, expected) => {
    expect(verdict(method, url, headers, shiftMs)).toBe(expected)
  })
})

describe('signatures of the fourth scheme', () => {
  const headers = {
    host: 'myproj.log.test:45855',
    'x-log-apiversion': '0.6.0',
    'x-log-bodyrawsize': '0',
    'x-log-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-log-date': '20250715T080000Z',
  }
  const scope = 'testid/20250715/cn-hangzhou/sls/aliyun_v4_request'
  const withPort = 'cedfda6138f6f5fd65b1da6969cbd144ed9e1539b55fb5e9e83524194a152044'
  const withoutPort = 'c8f55a5cb729553083a399fbb134c3fa92e91bca2f9ad16d59d5a06774374705'
  const authorization = `SLS4-HMAC-SHA256 Credential=${scope},Signature=${withPort}`
  const other = `SLS4-HMAC-SHA256 Credential=${scope},Signature=${withoutPort}`

  test.each<[string, Record<string, string>, number, string]>([
    ['the vector counts', { authorization }, 0, '1'],
    ['and that without a port', { authorization: other, host: 'myproj.log.test' }, 0, '1'],
    ['the host is signed', { authorization: other }, 0, 'auth.signature-mismatch'],
    [
      'the hash of the body is signed',
      { authorization, 'x-log-content-sha256': 'x' },
      0,
      'auth.signature-mismatch',
    ],
    ['the key must be known', { authorization: authorization.replace('testid', 'x') }, 0, 'auth.unknown-key'],
    ['it expires', { authorization }, 15 * 60_000 + 1, 'auth.signature-expired'],
    ['a token is refused', { authorization, 'x-acs-security-token': 't' }, 0, 'auth.token-mismatch'],
  ])('%s', (_what, change, shiftMs, expected) => {
    expect(verdict('GET', '/logstores/ls', { ...headers, ...change }, shiftMs)).toBe(expected)
  })
})
