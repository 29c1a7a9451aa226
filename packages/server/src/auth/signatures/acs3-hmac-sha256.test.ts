import { AppError, type Clock } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import { acs3Signature, acs3StringToSign, type Acs3Variant, createAcs3Verifier } from './acs3-hmac-sha256.ts'

const key = {
  accessKeyId: 'LTAI5tExampleAccessKeyId',
  accessKeySecret: 'ExampleSecretExampleSecret0001',
  account: '1',
}
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

function verifierAt(date: string, shiftMs = 0) {
  const clock: Clock = {
    nowMs: () => Date.parse(date) + shiftMs,
    timer: () => ({ [Symbol.dispose]: () => {} }),
  }
  return createAcs3Verifier({ credentials: [key], clock })
}

function codeOf(verdict: unknown): string {
  return verdict instanceof AppError ? verdict.code : 'accepted'
}

interface Vector {
  readonly what: string
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly signature: string
}

/** Headers that the official clients sign besides those given here. */
function clientHeaders(action: string, nonce: string, hash: string, further: Record<string, string>) {
  return {
    host: '127.0.0.1:18999',
    'x-acs-action': action,
    'x-acs-version': '2023-03-30',
    'x-acs-date': '2026-11-23T16:39:18Z',
    'x-acs-signature-nonce': nonce,
    'x-acs-content-sha256': hash,
    'x-acs-credentials-provider': 'static_ak',
    ...further,
  }
}

const json = { 'content-type': 'application/json; charset=utf-8' }
const octets = { 'content-type': 'application/octet-stream' }
const bodyHash = 'a0da1fce57d0e4f9f0ae4e4cbe040d34dcc046255c6c8d18e97f55aaed0655f0'
const older = { host: '127.0.0.1:18997', 'x-acs-version': '2021-04-06' }

const vectors: readonly Vector[] = [
  {
    what: 'V1, CreateFunction',
    method: 'POST',
    url: '/2023-03-30/functions',
    headers: clientHeaders(
      'CreateFunction',
      '07d35a5ac33bad6dd5581ae38c7fe339eb5078d294db3972bfc2d1836a93e73a',
      'c8cccdcc17d9dc527ddf7f049026263069f554bfa13a5c8c1a1aa094e911cf13',
      json,
    ),
    signature: 'bcef603f8e7eea2d5b70bb2588f9f888dece9781cc972398460f5a046e321ca0',
  },
  {
    what: 'V2, InvokeFunction',
    method: 'POST',
    url: '/2023-03-30/functions/hello/invocations?qualifier=LATEST',
    headers: clientHeaders(
      'InvokeFunction',
      'a8b1594f2e395e637d1c8ccd99af6cae294f0de31d755f1f42db0b7976e3ee8d',
      bodyHash,
      octets,
    ),
    signature: 'ac45901055917f235a6d902c4b74efe06646df01eff0918f8b7f3de24e6da47e',
  },
  {
    what: 'V3, InvokeFunction, asynchronous',
    method: 'POST',
    url: '/2023-03-30/functions/hello/invocations',
    headers: clientHeaders(
      'InvokeFunction',
      '4e69150cfafd4b7db8a9a94971ef9681543f9387bade0526d6efeb7a42bdf2c6',
      bodyHash,
      octets,
    ),
    signature: 'd04fb8ec3e9797185ff3d68153efa5ad637c578ec4930c63915b28d83a92aba2',
  },
  {
    what: 'V4, CreateTrigger',
    method: 'POST',
    url: '/2023-03-30/functions/hello/triggers',
    headers: clientHeaders(
      'CreateTrigger',
      '2d58247af3a4afe8dbae74401fb3e85bcab3f6d1b393072fa405d154cb379d11',
      'aa714fe08c565ebec86537a3e9073ce2b3fc70ef60ff5e08136547f6a4362192',
      json,
    ),
    signature: '6a65ca358f91497b74653e685c00740c72c26b49eb181a3ad79281c68d06c1b0',
  },
  {
    what: 'V5, PutAsyncInvokeConfig',
    method: 'PUT',
    url: '/2023-03-30/functions/hello/async-invoke-config?qualifier=LATEST',
    headers: clientHeaders(
      'PutAsyncInvokeConfig',
      'ffbf8b7386deb9e4762cfae712f6fe948e30a488ca42b1e489d67180ba68bc18',
      '705ec829ef7d9c5d7fbaebadb8e2f28b5d10ccc6646b10dc19de83d6158ef392',
      json,
    ),
    signature: '6cc0d09525fc4e8db4ca415eb8c6a6aa9c547195242b999790ad0c90bdb349aa',
  },
  {
    what: 'V6, ListFunctions, with a star in the query',
    method: 'GET',
    url: '/2023-03-30/functions?fcVersion=v3&limit=10&prefix=a%20b*&tags=%5B%7B%22Key%22%3A%22k%22%2C%22Value%22%3A%22v%22%7D%5D',
    headers: clientHeaders(
      'ListFunctions',
      'ae4b7aed805f0f2669b238ebb2ca8779e7ea731a45b9b8914b01380f6fad949c',
      emptyHash,
      {},
    ),
    signature: 'ce12796f822bce0eaee5365b1d1a87badafc230b3fca473d6172ce5341b7c005',
  },
  {
    what: 'X1, CreateFunction of 2021-04-06',
    method: 'POST',
    url: '/2021-04-06/services/svc/functions',
    headers: clientHeaders(
      'CreateFunction',
      '46f9c172b0c5d1ef70779ed168feac70',
      '7f91ccd5debab21148ebf3b868aa3099898853fbd83932473b5b3977a633a040',
      { ...json, ...older, 'x-acs-date': '2026-11-23T17:02:01Z' },
    ),
    signature: '2914abd94841c2f55323505be9f4df55cd9387f4e5e0df19e7805137faf51970',
  },
  {
    what: 'X2, InvokeFunction of 2021-04-06',
    method: 'POST',
    url: '/2021-04-06/services/svc/functions/f/invocations?qualifier=prod',
    headers: clientHeaders(
      'InvokeFunction',
      'd0b8bdd47fc4d181d866493870cd25ea',
      '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
      { ...json, ...older, 'x-acs-date': '2026-11-23T17:02:02Z' },
    ),
    signature: 'e952456f93915f8a7881ed56e5b27c288b26687fdc6dfe7d71085ee606d3687c',
  },
]

const triggerVector: Vector = {
  what: 'V8, a request to an HTTP trigger',
  method: 'POST',
  url: '/hello?foo=bar',
  headers: { host: 'xx', 'x-acs-date': '2026-01-02T03:04:05Z', 'x-acs-security-token': '' },
  signature: '7f86afc2c0e77ca0cf07ad3f5e403767202fcf594e4a56c9cddb0d10f5d6df31',
}

function authorization(names: readonly string[], signature: string): string {
  return `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
}

function judge({ method, url, headers, signature }: Vector, variant: Acs3Variant, shiftMs = 0): unknown {
  const names = Object.keys(headers)
    .filter(name => variant === 'api' || name.startsWith('x-acs-'))
    .toSorted()
  const verifier = verifierAt(headers['x-acs-date'] ?? '', shiftMs)
  return verifier.verify({ ...headers, authorization: authorization(names, signature) }, method, url, variant)
}

describe('requests of the official clients', () => {
  test.each(vectors)('$what, are let in with the hash that their body must have', vector => {
    expect(judge(vector, 'api')).toEqual({
      actor: { kind: 'root' },
      account: '1',
      keyId: key.accessKeyId,
      contentSha256: vector.headers['x-acs-content-sha256'],
    })
  })

  test.each(vectors)('$what, are refused when anything that is signed differs', vector => {
    const { headers, url, method, signature } = vector
    const last = signature.endsWith('0') ? '1' : '0'
    const changed: readonly Vector[] = [
      { ...vector, url: `${url.split('?')[0]}x` },
      { ...vector, url: `${url}${url.includes('?') ? '&' : '?'}a=b` },
      { ...vector, method: method === 'GET' ? 'POST' : 'GET' },
      { ...vector, signature: signature.slice(0, -1) + last },
      { ...vector, headers: { ...headers, host: 'elsewhere' } },
      { ...vector, headers: { ...headers, 'x-acs-content-sha256': emptyHash.replace('e', 'f') } },
    ]

    expect(changed.map(one => codeOf(judge(one, 'api')))).toEqual(
      changed.map(() => 'auth.signature-mismatch'),
    )
  })

  test('count once', () => {
    const [vector] = vectors as [Vector]
    const verifier = verifierAt(vector.headers['x-acs-date'] ?? '')
    const names = Object.keys(vector.headers).toSorted()
    const headers = { ...vector.headers, authorization: authorization(names, vector.signature) }
    const verdicts = [1, 2].map(() => codeOf(verifier.verify(headers, vector.method, vector.url, 'api')))

    expect(verdicts).toEqual(['accepted', 'auth.nonce-used'])
  })

  test.each([
    [900_000, 'accepted'],
    [-900_000, 'accepted'],
    [900_001, 'auth.signature-expired'],
    [-900_001, 'auth.signature-expired'],
  ])('%i ms off the clock are %s', (shiftMs, code) => {
    expect(codeOf(judge(vectors[0] as Vector, 'api', shiftMs))).toBe(code)
  })

  test('with temporary credentials (V7) are refused, though their text is known', () => {
    const canonical =
      'GET\n/2023-03-30/functions/hello\n\nhost:127.0.0.1:18999\nx-acs-accesskey-id:STS.abc\nx-acs-action:GetFunction\n' +
      `x-acs-content-sha256:${emptyHash}\nx-acs-credentials-provider:static_sts\nx-acs-date:2026-11-23T16:39:18Z\n` +
      'x-acs-security-token:tok\nx-acs-signature-nonce:faadf68130b7370c072690dc44d52bc411ad61c0f253fb54a7495fecf35862df\n' +
      'x-acs-version:2023-03-30\n\nhost;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;' +
      `x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version\n${emptyHash}`
    expect(acs3StringToSign(canonical)).toBe(
      'ACS3-HMAC-SHA256\n6f13554ecdef239f1dc5cc3ba796aadfc27eefeedc06b8d25cfbca75d5ca6b42',
    )
    expect(acs3Signature(canonical, key.accessKeySecret)).toBe(
      'e6c065bea68f708c62ad811f53be7e5492ab6946c34b6c2828aff9eb6bc0271a',
    )
    const headers = clientHeaders('GetFunction', 'n', emptyHash, { 'x-acs-security-token': 'tok' })
    const vector = { what: '', method: 'GET', url: '/x', headers, signature: emptyHash }
    expect(codeOf(judge(vector, 'api'))).toBe('auth.token-mismatch')
  })

  test('must sign host, hash, date and nonce', () => {
    for (const missing of ['host', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce']) {
      const [vector] = vectors as [Vector]
      const names = Object.keys(vector.headers)
        .filter(name => name !== missing)
        .toSorted()
      const lines = names.map(name => `${name}:${vector.headers[name]}\n`).join('')
      const canonical = `POST\n${vector.url}\n\n${lines}\n${names.join(';')}\n${vector.headers['x-acs-content-sha256']}`
      const signature = acs3Signature(canonical, key.accessKeySecret)
      const headers = { ...vector.headers, authorization: authorization(names, signature) }
      const verifier = verifierAt(vector.headers['x-acs-date'] ?? '')

      expect(codeOf(verifier.verify(headers, 'POST', vector.url, 'api'))).toBe('auth.signature-mismatch')
      if (missing !== 'x-acs-date') {
        expect(codeOf(verifier.verify(headers, 'POST', vector.url, 'trigger'))).toBe('accepted')
      }
    }
  })
})

describe('requests to HTTP triggers', () => {
  test('are let in by what the helper signs (V8)', () => {
    expect(judge(triggerVector, 'trigger')).toEqual({
      actor: { kind: 'root' },
      account: '1',
      keyId: key.accessKeyId,
      contentSha256: undefined,
    })
    expect(codeOf(judge({ ...triggerVector, url: '/hello?foo=other' }, 'trigger'))).toBe(
      'auth.signature-mismatch',
    )
  })

  test('are signed with the dollar of their path encoded, and dates to the millisecond (V9)', () => {
    const canonical =
      'GET\n/a%20b/%24x\na=%E4%BD%A0&b=2\nx-acs-date:2026-01-02T03:04:05.678Z\nx-acs-security-token:tok\n\nx-acs-date;x-acs-security-token\n'
    expect(acs3Signature(canonical, key.accessKeySecret)).toBe(
      '50fef698ad068b4b752261e7c842a210eb9a6f38206c4227fac8117454265dd7',
    )
    const withoutToken = canonical.replaceAll('x-acs-security-token:tok', 'x-acs-security-token:')
    const vector = {
      what: '',
      method: 'GET',
      url: '/a%20b/$x?b=2&a=%E4%BD%A0',
      headers: { 'x-acs-date': '2026-01-02T03:04:05.678Z', 'x-acs-security-token': '' },
      signature: acs3Signature(withoutToken, key.accessKeySecret),
    }
    expect(codeOf(judge(vector, 'trigger'))).toBe('accepted')
  })

  test('are let in by the path with all, the first or none of its characters replaced', () => {
    for (const path of ['/a/%24b/%24c', '/a/%24b/$c', '/a/$b/$c']) {
      const signature = acs3Signature(
        `GET\n${path}\n\nx-acs-date:2026-01-02T03:04:05Z\n\nx-acs-date\n`,
        key.accessKeySecret,
      )
      const headers = { 'x-acs-date': '2026-01-02T03:04:05Z' }

      expect(codeOf(judge({ what: '', method: 'GET', url: '/a/$b/$c', headers, signature }, 'trigger'))).toBe(
        'accepted',
      )
    }
  })

  test.each([
    'ACS3-HMAC-SHA256',
    'ACS3-HMAC-SHA256 Credential=a',
    `ACS3-HMAC-SHA256 Credential=a,SignedHeaders=x-acs-date,Signature=${'A'.repeat(64)}`,
    `ACS3-HMAC-SHA256 Credential=${'a'.repeat(5_000)},SignedHeaders=a,Signature=b`,
  ])('are refused when the header is %.60s', authorizationText => {
    const verifier = verifierAt('2026-01-02T03:04:05Z')

    expect(codeOf(verifier.verify({ authorization: authorizationText }, 'GET', '/', 'trigger'))).toBe(
      'auth.signature-mismatch',
    )
  })
})
