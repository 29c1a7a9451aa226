import { AppError, type Clock, retryNever } from '@millrace/spi'
import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { bearerScheme } from '../bearer.ts'
import { type KeyDirectory, type KeyFound, nobody } from '../key-directory.ts'
import { acsSignatureScheme } from './acs-hmac-sha1.ts'
import { createAcs3Verifier } from './acs3-hmac-sha256.ts'
import { createAwsSigV4Verifier } from './aws-sigv4.ts'
import { createFcNativeVerifier } from './fc-native.ts'
import { createMnsVerifier } from './mns-hmac-sha1.ts'
import { createSlsV1Verifier } from './sls-v1.ts'
import { createSlsV4Verifier } from './sls-v4.ts'

const nowMs = Date.parse('2026-11-23T17:30:00Z')
const clock: Clock = { nowMs: () => nowMs, timer: () => ({ [Symbol.dispose]: () => {} }) }
const date = new Date(nowMs).toUTCString()
const base64 = Buffer.alloc(20, 1).toString('base64')
const hex = 'a1'.repeat(32)

/** A directory whose keys count how often their secret is used: each signature that is computed uses it once. */
class CountingKeys implements KeyDirectory {
  readonly accounts = ['1']
  uses = 0
  readonly #refusal: AppError | undefined

  constructor(refusal?: AppError) {
    this.#refusal = refusal
  }

  find(accessKeyId: string): KeyFound {
    const used = (): string => {
      this.uses++
      return 'secret'
    }
    const key = {
      ...nobody,
      accessKeyId,
      get accessKeySecret() {
        return used()
      },
    }
    return { key, refusal: this.#refusal }
  }
}

type Judge = (keys: KeyDirectory, keyId: string) => unknown

/** One request of each scheme whose signature is wrong. */
const judges: Readonly<Record<string, Judge>> = {
  bearer: (keys, keyId) =>
    bearerScheme(keys).authenticate({ authorization: `Bearer ${keyId}.wrong` }, 'GET', '/'),
  acs: (keys, keyId) =>
    acsSignatureScheme({ credentials: keys, clock, pathPrefix: '/' }).authenticate(
      { authorization: `acs:${keyId}:${base64}`, date },
      'POST',
      '/openapi/a',
    ),
  acs3: (keys, keyId) => {
    const headers: IncomingHttpHeaders = {
      authorization: `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=host;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce,Signature=${hex}`,
      host: 'h',
      'x-acs-content-sha256': hex,
      'x-acs-date': '2026-11-23T17:30:00Z',
      'x-acs-signature-nonce': 'n',
    }
    return createAcs3Verifier({ credentials: keys, clock }).verify(headers, 'POST', '/', 'api')
  },
  fc: (keys, keyId) =>
    createFcNativeVerifier({ credentials: keys, clock }).verify(
      { authorization: `FC ${keyId}:${base64}`, date },
      'GET',
      '/2016-08-15/services',
      'api',
    ),
  'fc, signed URL': (keys, keyId) =>
    createFcNativeVerifier({ credentials: keys, clock }).verify(
      {},
      'GET',
      `/a?x-fc-access-key-id=${keyId}&x-fc-expires=9999999999&x-fc-signature=${encodeURIComponent(base64)}`,
      'api',
    ),
  mns: (keys, keyId) =>
    createMnsVerifier({ credentials: keys, clock }).verify(
      { authorization: `MNS ${keyId}:${base64}`, date },
      'GET',
      '/queues',
    ),
  'sls 1': (keys, keyId) =>
    createSlsV1Verifier({ credentials: keys, clock }).verify(
      { authorization: `LOG ${keyId}:${base64}`, date, 'x-log-signaturemethod': 'hmac-sha1' },
      'GET',
      '/',
    ),
  'sls 4': (keys, keyId) =>
    createSlsV4Verifier({ credentials: keys, clock }).verify(
      {
        authorization: `SLS4-HMAC-SHA256 Credential=${keyId}/20261123/local/sls/aliyun_v4_request,Signature=${hex}`,
        'x-log-date': '20261123T173000Z',
      },
      'GET',
      '/',
    ),
  aws: (keys, keyId) => {
    const scope = `${keyId}/20261123/us-east-1/events/aws4_request`
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${hex}`,
      host: 'h',
      'x-amz-date': '20261123T173000Z',
    }
    const options = { credentials: keys, clock, services: ['events'] }
    const head = createAwsSigV4Verifier(options).head(headers, 'POST', '/')
    return head instanceof AppError ? head : head.verify(Buffer.from('{}'))
  },
}

const unknown = new AppError('auth.unknown-key', 'there is no such key', retryNever)

test.each(Object.entries(judges))(
  '%s: a key that does not exist costs the work of one that does',
  (_name, judge) => {
    const existing = new CountingKeys()
    const missing = new CountingKeys(unknown)

    expect(judge(existing, 'MRKEY')).toBeInstanceOf(AppError)
    expect(judge(missing, 'MRKEY')).toBeInstanceOf(AppError)

    expect(existing.uses).toBeGreaterThan(0)
    expect(missing.uses).toBe(existing.uses)
  },
)
