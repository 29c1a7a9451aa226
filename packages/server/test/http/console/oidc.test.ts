import { systemRandom } from '@millrace/spi'
import { FakeClock } from '@millrace/spi/conformance'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLogin, SecretBox } from '../../../src/auth/index.ts'
import { startServer, testAccount, type TestServer } from '../harness.ts'
import { type Answer, Browser } from './browser.ts'
import {
  clientId,
  clientSecret,
  type Lie,
  LyingProvider,
  openProvider,
  realProvider,
  type RunningProvider,
} from './providers.ts'

let provider: RunningProvider
let server: TestServer
let real: RunningProvider['listener']
let lying: LyingProvider

beforeAll(async () => {
  provider = await openProvider()
  const oidc = {
    issuer: provider.url,
    clientId,
    clientSecret,
    scopes: 'openid profile',
    userClaim: 'sub',
    roleClaim: 'groups',
    roles: new Map([['operators', 'operate']]),
  }
  server = await startServer({}, services => services, { oidc })
  real = await realProvider(provider.url, `${server.listener.url}/console/oidc/callback`)
  lying = new LyingProvider(provider.url)
  const alice = await server.call('PUT', '/api/v1/users/alice', { policies: ['ReadOnlyAccess'] })
  expect(alice.status, JSON.stringify(server.logged)).toBe(201)
  const trust = {
    Version: '1',
    Statement: {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: [`acs:ram::${testAccount}:root`] },
    },
  }
  const role = await server.call('PUT', '/api/v1/roles/operate', { trust, policies: ['ReadOnlyAccess'] })
  expect(role.status, role.text).toBe(201)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** Goes to the provider, and through its pages as a person of this name would; ends with the address of our callback. */
async function throughProvider(browser: Browser, name: string): Promise<string> {
  const atProvider = new Browser(provider)
  let { location = '' } = await browser.get('/console/oidc')
  for (let step = 0; step < 12 && !location.startsWith(server.listener.url); step++) {
    const isForm = location.includes('/interaction/')
    const fields: Record<string, string> =
      isForm && (await atProvider.get(location)).text.includes('name="login"')
        ? { prompt: 'login', login: name, password: 'any' }
        : { prompt: 'consent' }
    const answer: Answer = isForm
      ? await atProvider.post(location, fields, {})
      : await atProvider.get(location)
    location = new URL(answer.location ?? '', provider.url).href
  }
  return location
}

describe('with a certified provider', () => {
  beforeAll(() => {
    provider.listener = real
  })

  test('a person signs in as the user of the same name', async () => {
    const browser = new Browser(server.listener)
    const { status, text } = await browser.get(await throughProvider(browser, 'alice'))

    expect(status, text).toBe(200)
    expect(text).toContain('http-equiv="refresh"')
    const page = await browser.get('/console/')
    expect(page.text).toContain(`acs:ram::${testAccount}:user/alice`)
    expect(page.text).toContain('by OpenID')
  })

  test('a person without a user acts as the role of their group, which the provider tells apart from the token', async () => {
    const browser = new Browser(server.listener)
    const { status, text } = await browser.get(await throughProvider(browser, 'olga'))
    expect(status, text).toBe(200)
    const page = await browser.get('/console/')
    expect(page.text).toContain(`acs:ram::${testAccount}:assumed-role/operate/oidc-olga`)

    await server.call('DELETE', '/api/v1/roles/operate')
    expect(await browser.isSignedIn()).toBe(false)
  })

  test('a person who is nobody here is told so, and gets no session', async () => {
    const browser = new Browser(server.listener)
    const { status, text } = await browser.get(await throughProvider(browser, 'outsider'))
    expect(status).toBe(403)
    expect(text).toContain('login.user-unknown')
    expect(await browser.isSignedIn()).toBe(false)
  })

  test('an answer counts once, and in no other browser', async () => {
    const browser = new Browser(server.listener)
    const callback = await throughProvider(browser, 'alice')
    const elsewhere = await new Browser(server.listener).get(callback)
    expect([elsewhere.status, elsewhere.text.includes('login.state-unknown')]).toEqual([403, true])
    const binding = browser.cookies.get('millrace-oidc') ?? ''
    expect((await browser.get(callback)).status).toBe(200)

    browser.plant('millrace-oidc', binding)
    const again = await browser.get(callback)
    expect([again.status, again.text.includes('login.state-unknown')]).toEqual([403, true])
  })

  test('a code that the provider did not give is refused', async () => {
    const browser = new Browser(server.listener)
    const callback = new URL(await throughProvider(browser, 'alice'))
    callback.searchParams.set('code', 'made-up')
    const { status, text } = await browser.get(callback.href)
    expect(status).toBe(403)
    expect(text).toContain('(&#34;invalid_grant&#34;)')
    expect(text).toContain('login.provider-refused')
  })
})

/** Begins, and comes back at once with what the provider says then. */
async function comeBack(lie: Lie, prepare: () => void = () => {}): Promise<Answer> {
  const browser = new Browser(server.listener)
  const begun = new URL((await browser.get('/console/oidc')).location ?? '')
  prepare()
  await lying.say(begun.searchParams.get('nonce') ?? '', lie)
  const state = begun.searchParams.get('state') ?? ''
  return browser.get(`/console/oidc/callback?${new URLSearchParams({ code: 'any', state }).toString()}`)
}

const seconds = (): number => Math.floor(Date.now() / 1_000)

describe('with a provider that errs', () => {
  beforeAll(() => {
    provider.listener = lying.listener
  })

  test('what is right is taken, also by a clock that is half a minute off', async () => {
    expect((await comeBack({})).status).toBe(200)
    const { status, text } = await comeBack({ claims: { exp: seconds() - 30, iat: seconds() - 330 } })
    expect(status, text).toBe(200)
  })

  test.each<[string, () => Lie, RegExp]>([
    ['for another client', () => ({ claims: { aud: 'someone-else' } }), /claim &#34;aud&#34;/],
    ['by another issuer', () => ({ claims: { iss: 'http://other.example' } }), /claim &#34;iss&#34;/],
    ['with the nonce of another sign-in', () => ({ claims: { nonce: 'replayed' } }), /claim &#34;nonce&#34;/],
    ['that has expired', () => ({ claims: { exp: seconds() - 120, iat: seconds() - 420 } }), /expired/],
    ['that is not valid yet', () => ({ claims: { nbf: seconds() + 600 } }), /not valid yet/],
    ['signed with a key of somebody else', () => ({ isForged: true }), /signature/],
    ['that names a key which is not there', () => ({ kid: 'unheard-of' }), /no key/],
  ])('a token %s is refused', async (_what, lie, reason) => {
    const { status, text } = await comeBack(lie())
    expect(status).toBe(403)
    expect(text).toContain('login.token-refused')
    expect(text).toMatch(reason)
  })

  test('keys that were changed while somebody signed in are found', async () => {
    const { status, text } = await comeBack({}, () => lying.rotate())
    expect(status, text).toBe(200)
  })

  test('a refusal by the provider is told with its word for it alone', async () => {
    const browser = new Browser(server.listener)
    const begun = new URL((await browser.get('/console/oidc')).location ?? '')
    const state = begun.searchParams.get('state') ?? ''
    const query = new URLSearchParams({
      state,
      error: 'access_denied',
      error_description: 'call this number',
    })
    const { status, text } = await browser.get(`/console/oidc/callback?${query.toString()}`)
    expect(status).toBe(403)
    expect(text).toContain('access_denied')
    expect(text).not.toContain('call this number')
  })
})

test('whoever takes longer than ten minutes at the provider begins again', async () => {
  provider.listener = lying.listener
  const { services, documents } = server
  const clock = new FakeClock()
  const parts = { documents, secrets: new SecretBox(Buffer.alloc(32)), clock, random: systemRandom(clock) }
  const source = () => services.resources.snapshots.current()
  const oidc = { issuer: provider.url, clientId, scopes: 'openid', userClaim: 'sub' }
  const login = await openLogin(
    { ...parts, source, keys: services.identity.keys },
    { account: testAccount, oidc },
  )
  const { signal } = new AbortController()
  const finishAfter = async (passMs: number): Promise<unknown> => {
    const begun = await login.oidc?.begin('http://127.0.0.1/callback', signal)
    const { searchParams } = new URL(begun?.url ?? '')
    await lying.say(searchParams.get('nonce') ?? '', {})
    await clock.advance(passMs)
    const query = new URLSearchParams({ code: 'any', state: searchParams.get('state') ?? '' })
    return login.oidc?.finish(
      new URL(`http://127.0.0.1/callback?${query.toString()}`),
      begun?.binding ?? '',
      signal,
    )
  }

  expect(await finishAfter(599_999)).toMatchObject({ sub: 'alice' })
  await expect(finishAfter(600_000)).rejects.toMatchObject({ code: 'login.state-unknown' })
})

test('a provider that cannot be reached is a refusal in words, and logged once', async () => {
  provider.listener = (request, response) => void (request.socket.destroy(), response.destroy())
  const { status, text } = await new Browser(server.listener).get('/console/oidc')
  expect(status).toBe(502)
  expect(text).toContain('login.provider-unavailable')
  expect(server.logged.filter(({ level }) => level === 'warn')).toHaveLength(1)
})

test('without a provider there is no way to one', async () => {
  await using bare = await startServer()
  const browser = new Browser(bare.listener)
  expect((await browser.get('/console/oidc')).status).toBe(404)
  expect((await browser.get('/console/login')).text).not.toContain('/console/oidc')
})
