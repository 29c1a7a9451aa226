import { createHmac } from 'node:crypto'
import { AppError, assert, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { isPrincipal } from '../authenticator.ts'
import { awsSigningKey, awsSigningKeysMax, SigningKeys } from './aws-signing-keys.ts'
import { awsCanonicalRequest, awsStringToSign, createAwsSigV4Verifier } from './aws-sigv4.ts'

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const credential = { accessKeyId: 'AKIDEXAMPLE', accessKeySecret: secret, account: '111122223333' }
const signedAtMs = Date.parse('2026-11-23T17:30:00Z')

function clockAt(nowMs: number): Clock {
  return { nowMs: () => nowMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
}

interface Given {
  readonly url?: string
  readonly headers?: Record<string, string>
  readonly names?: string
  readonly scope?: string
  readonly signature: string
  readonly body?: string
  readonly nowMs?: number
}

const plain = {
  'content-type': 'application/x-amz-json-1.1',
  host: 'bus.test:8080',
  'x-amz-date': '20261123T173000Z',
  'x-amz-target': 'AWSEvents.ListEventBuses',
}
const plainNames = 'content-type;host;x-amz-date;x-amz-target'
const plainSignature = '7c6851cd040e87258511bdff9491e062b7dc00263cd32ac404e4b57370b6d90f'

/** The account that signed, or the code of the refusal. */
function judged(given: Given): string {
  const {
    url = '/',
    headers = plain,
    names = plainNames,
    scope = '20261123/us-east-1/events/aws4_request',
  } = given
  const verifier = createAwsSigV4Verifier({
    credentials: [credential],
    clock: clockAt(given.nowMs ?? signedAtMs),
    services: ['events', 'sts'],
  })
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names}, Signature=${given.signature}`
  const head = verifier.head({ authorization, ...headers }, 'POST', url)
  if (head instanceof AppError) return head.code
  const verdict = head.verify(Buffer.from(given.body ?? '{}'))
  return isPrincipal(verdict) ? verdict.account : verdict.code
}

describe('vectors', () => {
  test('the signing key is derived step by step', () => {
    expect(awsSigningKey(secret, '20261123', 'us-east-1', 'events').toString('hex')).toBe(
      '38c276b34db6633de6d1133c74109d69ca75ff6994dbade2fe2c6d32d263d0c9',
    )
  })

  test.each([
    ['the path /', { signature: plainSignature }],
    [
      'another service',
      {
        scope: '20261123/us-east-1/sts/aws4_request',
        signature: 'b6e574c3d677ef1f58dcc526ade5fd081cfadebce7b2aafd3ff633102f6d25d4',
      },
    ],
    [
      'another region',
      {
        scope: '20261123/eu-west-1/events/aws4_request',
        signature: '9275c239d945948646629839e9bcfefaa02e8d540853b10f2c866cc4ecd44601',
      },
    ],
    [
      'a longer path',
      { url: '/aws/', signature: 'ab9d03324eb2b5cf98a97f10bb9638ab12fc119ad984369ab84bc58b5414a31d' },
    ],
    [
      'a header with blanks',
      {
        headers: { ...plain, 'x-amz-meta': '  a   b  ' },
        names: 'content-type;host;x-amz-date;x-amz-meta;x-amz-target',
        signature: '974940d23ce6adb70a7f7d0c4c21365c6c732cb8f2de172fb7a679fe11b14e9d',
      },
    ],
    [
      'a query',
      {
        url: '/?a=1&b=%20x',
        signature: '6f185e9bf60214e6c9243fb5868db30cb89f2f07f5bbcc9b782befa4f0d015c5',
      },
    ],
    [
      'a request of the JavaScript client',
      {
        headers: {
          'amz-sdk-invocation-id': '7847ffa2-711f-4c1a-940f-aea3192d3b2e',
          'amz-sdk-request': 'attempt=1; max=1',
          'content-length': '264',
          'content-type': 'application/x-amz-json-1.1',
          host: '127.0.0.1:18977',
          'x-amz-content-sha256': '6dbaf0b35246c2d8f3e41a5a0b41260b619c62e7d943df6ceeb2ede22a0ccdf3',
          'x-amz-date': '20261123T173000Z',
          'x-amz-target': 'AWSEvents.PutEvents',
          'x-amz-user-agent': 'aws-sdk-js/3.1168.0',
        },
        names:
          'amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target;x-amz-user-agent',
        body: '{"Entries":[{"Time":1795454998.25,"Source":"shop.orders","Resources":["arn:aws:events:us-east-1:111122223333:rule/x"],"DetailType":"OrderPaid","Detail":"{\\"id\\":7,\\"note\\":\\"café\\"}","EventBusName":"lab","TraceHeader":"Root=1-5759e988-bd862e3fe1be46a994272793"}]}',
        signature: 'dc14ecfbb82dedbda48d165a4fe478417e1e6bbba9f859a29752b94a719d8495',
      },
    ],
  ] satisfies [string, Given][])('%s', (_what, given) => {
    expect(judged(given)).toBe('111122223333')
  })

  test('a request of the Python client, which states no hash, has this canonical form', () => {
    const canonical = awsCanonicalRequest(
      {
        'content-type': 'application/x-amz-json-1.1',
        host: '127.0.0.1:18979',
        'x-amz-date': '20261123T173000Z',
        'x-amz-security-token': 'TESTTOKEN+/=',
        'x-amz-target': 'AWSEvents.PutEvents',
      },
      'POST',
      '/',
      ['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'],
      '87acf3834d73b19021a726af9ca17d223d8692ee1a11a91b6890c7b1de330804',
    )
    const text = awsStringToSign('20261123T173000Z', '20261123/us-east-1/events/aws4_request', canonical)
    const key = awsSigningKey(secret, '20261123', 'us-east-1', 'events')
    expect(text).toContain('02d0dc74ef2b542534cc06c3ef9c18fce1671b72cfc684f5c13b405790a7ac86')
    expect(createHmac('sha256', key).update(text).digest('hex')).toBe(
      'f0df527ed261c2278442c79b53e3cb231f273f721e824c1b342d4f11d7251976',
    )
  })
})

describe('refused is', () => {
  test.each([
    ['a body that was changed', { body: '{ }' }, 'auth.signature-mismatch'],
    [
      'another operation',
      { headers: { ...plain, 'x-amz-target': 'AWSEvents.DeleteRule' } },
      'auth.signature-mismatch',
    ],
    ['another host', { headers: { ...plain, host: 'other.test' } }, 'auth.signature-mismatch'],
    [
      'a stated hash that is not signed',
      { headers: { ...plain, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'auth.signature-incomplete',
    ],
    [
      'an unsigned payload',
      {
        headers: { ...plain, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
        names: 'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target',
      },
      'auth.signature-mismatch',
    ],
    ['a target that is not signed', { names: 'content-type;host;x-amz-date' }, 'auth.signature-incomplete'],
    [
      'a host that is not signed',
      { names: 'content-type;x-amz-date;x-amz-target' },
      'auth.signature-incomplete',
    ],
    ['a signed header that is not there', { names: `${plainNames};x-z` }, 'auth.signature-incomplete'],
    [
      'headers out of order',
      { names: 'host;content-type;x-amz-date;x-amz-target' },
      'auth.signature-incomplete',
    ],
    [
      'the date of another day in the scope',
      { scope: '20261122/us-east-1/events/aws4_request' },
      'auth.signature-incomplete',
    ],
    ['another service', { scope: '20261123/us-east-1/s3/aws4_request' }, 'auth.signature-mismatch'],
    ['a scope with another ending', { scope: '20261123/us-east-1/events/aws5' }, 'auth.signature-incomplete'],
    ['a signature in capitals', { signature: plainSignature.toUpperCase() }, 'auth.signature-incomplete'],
    ['a signature of zeros', { signature: '0'.repeat(64) }, 'auth.signature-mismatch'],
    [
      'a token of a session',
      {
        headers: { ...plain, 'x-amz-security-token': 'abc' },
        names: 'content-type;host;x-amz-date;x-amz-security-token;x-amz-target',
      },
      'auth.token-mismatch',
    ],
    [
      'a date of another form',
      { headers: { ...plain, 'x-amz-date': '2026-11-23' } },
      'auth.signature-incomplete',
    ],
  ] satisfies [string, Partial<Given>, string][])('%s', (_what, given, code) => {
    expect(judged({ signature: plainSignature, ...given })).toBe(code)
  })

  test.each([
    [-5 * 60_000, '111122223333'],
    [5 * 60_000, '111122223333'],
    [-5 * 60_000 - 1_000, 'auth.signature-expired'],
    [5 * 60_000 + 1_000, 'auth.signature-expired'],
  ])('a date that is %i ms off: %s', (shiftMs, verdict) => {
    expect(judged({ signature: plainSignature, nowMs: signedAtMs + shiftMs })).toBe(verdict)
  })

  test.each([
    '',
    'AWS4-ECDSA-P256-SHA256 Credential=A/20261123/events/aws4_request, SignedHeaders=host, Signature=00',
    'AWS4-HMAC-SHA256',
    `AWS4-HMAC-SHA256 Credential=A/20261123/r/events/aws4_request, SignedHeaders=host, Signature=${'a'.repeat(5_000)}`,
  ])('what is no such header: %s', authorization => {
    const verifier = createAwsSigV4Verifier({
      credentials: [credential],
      clock: clockAt(signedAtMs),
      services: ['events'],
    })
    expect(verifier.head({ authorization }, 'POST', '/')).toMatchObject({ code: 'auth.signature-incomplete' })
  })

  test('a key that does not exist, when its signature has been judged as any other', () => {
    const verifier = createAwsSigV4Verifier({
      credentials: [],
      clock: clockAt(signedAtMs),
      services: ['events'],
    })
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/events/aws4_request, SignedHeaders=${plainNames}, Signature=${plainSignature}`
    const head = verifier.head({ ...plain, authorization }, 'POST', '/')
    assert(!(head instanceof AppError), 'the head is plausible')
    expect(head.verify(Buffer.from('{}'))).toMatchObject({ code: 'auth.unknown-key' })
  })
})

describe('signing keys', () => {
  const scope = { date: '20261123', region: 'us-east-1', service: 'events' }
  /** How many keys a signature was tried with; it was made with the derived one, unless it is wrong. */
  function tries(keys: SigningKeys, isWrong = false, date = scope.date): number {
    let count = 0
    const right = awsSigningKey(credential.accessKeySecret, date, scope.region, scope.service)
    const isRight = keys.isRight(credential, { ...scope, date }, key => {
      count++
      return !isWrong && key.equals(right)
    })
    expect(isRight).toBe(!isWrong)
    return count
  }

  test('are remembered when a signature was right, and not without end', () => {
    const keys = new SigningKeys()
    expect(tries(keys)).toBe(2)
    expect(tries(keys)).toBe(1)
    for (let day = 0; day < awsSigningKeysMax; day++) tries(keys, false, String(20_000_000 + day))
    expect(tries(keys)).toBe(2)
  })

  test('are tried twice for a wrong signature, whether one is remembered or not, and none is remembered for it', () => {
    const keys = new SigningKeys()
    expect(tries(keys, true)).toBe(2)
    expect(tries(keys)).toBe(2)
    expect(tries(keys, true)).toBe(2)
    for (let day = 0; day < awsSigningKeysMax; day++) tries(keys, true, String(20_000_000 + day))
    expect(tries(keys)).toBe(1)
  })
})
