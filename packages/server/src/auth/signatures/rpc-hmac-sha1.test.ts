import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { createRpcSignatureVerifier, rpcSignature, rpcStringToSign } from './rpc-hmac-sha1.ts'

const timestamp = '2026-11-23T17:30:00Z'
const key = { accessKeyId: 'testAK', accessKeySecret: 'testSK', account: '1' }
const plain = {
  AccessKeyId: 'testAK',
  Action: 'GetCallerIdentity',
  Format: 'JSON',
  SignatureMethod: 'HMAC-SHA1',
  SignatureNonce: 'n-0001',
  SignatureVersion: '1.0',
  Timestamp: timestamp,
  Version: '2015-04-01',
}
const extras = { ...plain, SecurityToken: 'TOK+/=', X: 'a b*~!' }

/** Of identity section 4.4. */
const vectors = [
  ['GET', plain, 'iixh8nel9yxIyOciR16A5VxcCnA='],
  ['POST', plain, 'ws1k3H1fIM6dPsximNUxZLmtSH0='],
  ['GET', extras, '+m7AfIgj7qX/WJlmKlPYKy8oZvI='],
  ['POST', extras, 'mJDen48JtR5w7by3fJsNgqn1yxc='],
] as const

test.each(vectors)('a %s with %j is signed as the clients do', (method, members, signature) => {
  const parameters = new Map(Object.entries(members))
  expect(rpcSignature(rpcStringToSign(method, parameters), 'testSK')).toBe(signature)
})

test('the text that is signed', () => {
  expect(rpcStringToSign('GET', new Map(Object.entries(plain)))).toBe(
    'GET&%2F&AccessKeyId%3DtestAK%26Action%3DGetCallerIdentity%26Format%3DJSON%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3Dn-0001%26SignatureVersion%3D1.0%26Timestamp%3D2026-11-23T17%253A30%253A00Z%26Version%3D2015-04-01',
  )
})

function verifierAt(shiftMs: number) {
  const clock: Clock = {
    nowMs: () => Date.parse(timestamp) + shiftMs,
    timer: () => ({ [Symbol.dispose]: () => {} }),
  }
  return createRpcSignatureVerifier({ credentials: [key], clock })
}

function signed(members: Record<string, string> = {}): Map<string, string> {
  const parameters = new Map(Object.entries({ ...plain, ...members }))
  return parameters.set('Signature', rpcSignature(rpcStringToSign('GET', parameters), 'testSK'))
}

function verdict(parameters: ReadonlyMap<string, string>, shiftMs = 0): string {
  const result = verifierAt(shiftMs).verify('GET', parameters)
  return result instanceof AppError ? result.code : result.account
}

describe('a request', () => {
  test.each([
    ['is let in', signed(), 0, '1'],
    ['whose parameter was changed', signed().set('Action', 'DeleteUser'), 0, 'auth.signature-mismatch'],
    ['with a parameter more', signed().set('UserName', 'x'), 0, 'auth.signature-mismatch'],
    ['without a signature', new Map(Object.entries(plain)), 0, 'auth.signature-mismatch'],
    ['by another method', signed({ SignatureMethod: 'HMAC-MD5' }), 0, 'auth.signature-mismatch'],
    ['of another version', signed({ SignatureVersion: '2.0' }), 0, 'auth.signature-mismatch'],
    ['without a nonce', signed({ SignatureNonce: '' }), 0, 'auth.signature-mismatch'],
    ['whose time is none', signed({ Timestamp: 'today' }), 0, 'auth.signature-mismatch'],
    ['of nobody', signed({ AccessKeyId: '' }), 0, 'auth.unauthenticated'],
    ['of a key that is not there', signed({ AccessKeyId: 'other' }), 0, 'auth.unknown-key'],
    ['with a token that its key does not need', signed({ SecurityToken: 't' }), 0, 'auth.token-mismatch'],
    ['that is 15 minutes old', signed(), 15 * 60_000, '1'],
    ['that is older', signed(), 15 * 60_000 + 1, 'auth.signature-expired'],
    ['that is from the future', signed(), -15 * 60_000 - 1, 'auth.signature-expired'],
  ])('%s', (_what, parameters, shiftMs, expected) => {
    expect(verdict(parameters, shiftMs)).toBe(expected)
  })

  test('counts once', () => {
    const verifier = verifierAt(0)
    expect(verifier.verify('GET', signed())).toMatchObject({ account: '1' })
    expect(verifier.verify('GET', signed())).toMatchObject({ code: 'auth.nonce-used' })
    expect(verifier.verify('GET', signed({ SignatureNonce: 'n-0002' }))).toMatchObject({ account: '1' })
  })
})
