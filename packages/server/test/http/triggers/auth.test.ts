import { createHmac, createSecretKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { type JWTHeaderParameters, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { credential, testAccount } from '../harness.ts'
import { connectTo } from '../raw-socket.ts'
import { echo, expectRefusal, openStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

async function guarded(name: string, auth: Record<string, unknown>): Promise<void> {
  await stage.put(name, echo)
  await stage.trigger(name, { auth })
}

interface EchoedEvent {
  readonly headers: Record<string, string>
  readonly queryParameters: Record<string, string>
  readonly body: string
  readonly isBase64Encoded: boolean
}

describe('a bearer token', () => {
  const token = 'a-token-of-the-trigger-0123456789'
  beforeAll(() => guarded('bearer', { kind: 'bearer', tokens: ['another-token-0123456789', token] }))

  test('lets in', async () => {
    const response = await stage.fetch('/bearer', { headers: { authorization: `Bearer ${token}` } })
    expect(response.status).toBe(200)
  })

  test.each([
    ['missing', {}, 'Authorization header is expected but missing'],
    ['wrong', { authorization: `Bearer ${token}x` }, 'access denied due to invalid bearer token'],
    ['of another scheme', { authorization: `Basic ${token}` }, 'access denied due to invalid bearer token'],
  ])('that is %s does not', async (_what, headers, message) => {
    const response = await stage.fetch('/bearer', { headers: headers as Record<string, string> })
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(await expectRefusal(response, 401, 'AccessDenied')).toBe(message)
  })

  test('is judged before the body is asked for', async () => {
    await using connection = await connectTo(stage.server.listener)
    connection.write(
      `POST /fn/${testAccount}/bearer HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n`,
    )
    expect(await connection.answer()).toMatchObject({ status: 401 })
  })
})

describe('a name with its password', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  beforeAll(() => guarded('basic', { kind: 'basic', users: { 'somebody-there': 'Correct-Horse-1!' } }))

  test('lets in', async () => {
    const headers = { authorization: basic('somebody-there:Correct-Horse-1!') }
    expect((await stage.fetch('/basic', { headers })).status).toBe(200)
  })

  test.each([
    ['missing', {}, 'authorization require'],
    ['of another scheme', { authorization: 'Bearer x' }, 'Authorization header must start with Basic'],
    [
      'wrong',
      { authorization: basic('somebody-there:wrong') },
      'access denied due to invalid username or password',
    ],
    ['without a colon', { authorization: basic('x') }, 'access denied due to invalid username or password'],
  ])('that is %s does not', async (_what, headers, message) => {
    const response = await stage.fetch('/basic', { headers: headers as Record<string, string> })
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic/)
    expect(await expectRefusal(response, 401, 'AccessDenied')).toBe(message)
  })
})

describe('a signature', () => {
  beforeAll(() => guarded('signed', { kind: 'signature' }))

  function signed(path: string, secret: string, further: Record<string, string> = {}) {
    const headers: Record<string, string> = {
      'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
      ...further,
    }
    const names = Object.keys(headers).toSorted()
    const lines = names.map(name => `${name}:${headers[name]}\n`).join('')
    const payload = headers['x-acs-content-sha256'] ?? ''
    const canonical = `POST\n/fn/${testAccount}${path}\n\n${lines}\n${names.join(';')}\n${payload}`
    const signature = createHmac('sha256', secret)
      .update(`ACS3-HMAC-SHA256\n${hash('sha256', canonical)}`)
      .digest('hex')
    const authorization = `ACS3-HMAC-SHA256 Credential=${credential.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
    return { ...headers, authorization }
  }

  test("with a key of the function's account lets in", async () => {
    const headers = signed('/signed/a', credential.accessKeySecret)
    const response = await stage.fetch('/signed/a', { method: 'POST', headers, body: 'x' })
    expect(response.status).toBe(200)
  })

  test('that is missing is told by the words of the interface', async () => {
    expect(await expectRefusal(await stage.fetch('/signed'), 400, 'MissingRequiredHeader')).toBe(
      'required HTTP header Date was not specified',
    )
  })

  test('that is wrong does not', async () => {
    const headers = signed('/signed/a', 'another secret')
    const response = await stage.fetch('/signed/a', { method: 'POST', headers })
    await expectRefusal(response, 403, 'SignatureNotMatch')
  })

  test('of a hash counts for the body of that hash only', async () => {
    const signedFor = (nonce: string): Record<string, string> =>
      signed('/signed', credential.accessKeySecret, {
        'x-acs-content-sha256': hash('sha256', 'the body'),
        'x-acs-signature-nonce': nonce,
      })
    const right = await stage.fetch('/signed', { method: 'POST', headers: signedFor('n1'), body: 'the body' })
    const wrong = await stage.fetch('/signed', { method: 'POST', headers: signedFor('n2'), body: 'another' })

    expect(right.status).toBe(200)
    await expectRefusal(wrong, 403, 'SignatureNotMatch')
  })

  test('with the same nonce counts once', async () => {
    const headers = signed('/signed', credential.accessKeySecret, { 'x-acs-signature-nonce': 'twice' })
    expect((await stage.fetch('/signed', { method: 'POST', headers })).status).toBe(200)
    await expectRefusal(await stage.fetch('/signed', { method: 'POST', headers }), 403, 'AccessDenied')
  })
})

describe('a JSON Web Token', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = createSecretKey('a secret of at least 256 bits, please', 'utf8')
  const hour = 3_600

  beforeAll(async () => {
    const jwks = {
      keys: [
        { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa' },
        { ...elliptic.publicKey.export({ format: 'jwk' }), kid: 'ec' },
        { ...secret.export({ format: 'jwk' }) },
      ],
    }
    await guarded('jwt', {
      kind: 'jwt',
      jwks,
      lookup: 'header:Authorization:Bearer,cookie:session,query:token,form:token',
      claims: 'header:sub:x-user,cookie:role:role,query:sub:user,form:sub:user',
      except: ['/open', '/public/*'],
    })
    await guarded('only', { kind: 'jwt', jwks, only: ['/admin/*'] })
  })

  function sign(payload: JWTPayload, header: JWTHeaderParameters, key: KeyObject): Promise<string> {
    return new SignJWT(payload).setProtectedHeader(header).sign(key)
  }

  const valid = (further: JWTPayload = {}): Promise<string> =>
    sign(
      { sub: 'ada', role: 'admin', exp: Math.floor(Date.now() / 1_000) + hour, ...further },
      { alg: 'RS256', kid: 'rsa' },
      rsa.privateKey,
    )

  const bearing = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })

  test('is taken with any of the keys and their algorithms', async () => {
    const payload = { sub: 'ada' }
    const tokens = await Promise.all([
      valid(),
      sign(payload, { alg: 'PS512', kid: 'rsa' }, rsa.privateKey),
      sign(payload, { alg: 'ES256', kid: 'ec' }, elliptic.privateKey),
      sign(payload, { alg: 'HS256' }, secret),
    ])
    for (const token of tokens) expect((await stage.fetch('/jwt', bearing(token))).status).toBe(200)
  })

  test('is found in a cookie, in the query and in a form', async () => {
    const token = await valid()
    const responses = [
      await stage.fetch('/jwt', { headers: { cookie: `a=b; session=${token}` } }),
      await stage.fetch(`/jwt?token=${token}`),
      await stage.fetch('/jwt', { method: 'POST', body: new URLSearchParams({ token }) }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('has its claims passed on, in the place of what the client sent there', async () => {
    const response = await stage.fetch('/jwt?user=eve&x=1', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await valid()}`,
        'X-User': 'eve',
        cookie: 'role=none; other=1',
      },
      body: new URLSearchParams({ user: 'eve', y: '2' }),
    })

    const event = (await response.json()) as EchoedEvent
    expect(event.headers['X-User']).toBe('ada')
    expect(event.headers['Cookie']).toBe('other=1; role=admin')
    expect(event.queryParameters).toEqual({ user: 'ada', x: '1' })
    expect(Buffer.from(event.body, 'base64').toString()).toBe('y=2&user=ada')
  })

  test('that is not there is said to be missing', async () => {
    for (const init of [{}, { headers: { authorization: 'Basic x' } }]) {
      expect(await expectRefusal(await stage.fetch('/jwt', init), 401, 'AccessDenied')).toBe(
        'the jwt token is missing',
      )
    }
  })

  test('is refused in one sentence, whatever is wrong with it', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 })
    const publicKey = createSecretKey(
      Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString()),
    )
    const good = await valid()
    const bad = [
      await valid({ exp: now - 1 }),
      await valid({ nbf: now + hour }),
      await sign({ sub: 'eve' }, { alg: 'RS256', kid: 'rsa' }, stranger.privateKey),
      // The public key as the secret of an HMAC.
      await sign({ sub: 'eve' }, { alg: 'HS256', kid: 'rsa' }, publicKey),
      new UnsecuredJWT({ sub: 'eve' }).encode(),
      `${good.slice(0, -4)}AAAA`,
      good.split('.').slice(0, 2).join('.'),
      'x',
      'a.b.c',
    ]
    for (const token of bad) {
      expect(await expectRefusal(await stage.fetch('/jwt', bearing(token)), 401, 'AccessDenied')).toBe(
        'invalid or expired jwt',
      )
    }
  })

  test('is not wanted for the paths that are let through, and their claims are taken away', async () => {
    for (const path of ['/open', '/public/a', '/public/']) {
      const response = await stage.fetch(`/jwt${path}`, { headers: { 'x-user': 'eve' } })
      expect(response.status).toBe(200)
      expect(((await response.json()) as EchoedEvent).headers['X-User']).toBeUndefined()
    }
    for (const path of ['/', '/open/a', '/openly', '/public', '/public%2f..%2fprivate']) {
      expect((await stage.fetch(`/jwt${path}`)).status).toBeGreaterThanOrEqual(400)
    }
  })

  test('may be wanted for some paths only, however those are written', async () => {
    expect((await stage.fetch('/only/free')).status).toBe(200)
    for (const path of ['/admin/x', '//admin/x', '/%61dmin/x', '/admin%2fx']) {
      expect((await stage.fetch(`/only${path}`)).status).toBe(401)
    }
  })
})
