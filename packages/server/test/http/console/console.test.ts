import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busKey } from '../../../src/resources/index.ts'
import { authorization, credential, startServer, testAccount, type TestServer } from '../harness.ts'
import { Browser, makeUser } from './browser.ts'

const password = 'correct horse battery'
const rootKey = authorization.replace('Bearer ', '')
let server: TestServer

beforeAll(async () => {
  server = await startServer()
  await server.call('PUT', '/api/v1/buses/orders', {})
  await makeUser(server, 'reader', password, ['ReadOnlyAccess'])
  await makeUser(server, 'nobody', password)
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (): Browser => new Browser(server.listener)

async function signedIn(name: string): Promise<Browser> {
  const browser = open()
  expect((await browser.signIn(name, password)).location).toBe('/console/')
  return browser
}

describe('signing in', () => {
  test('a user with a password gets a session of a hardened cookie, and is told who they are', async () => {
    const browser = open()
    const { status, headers } = await browser.signIn('reader', password)

    expect(status).toBe(303)
    expect(headers.getSetCookie()[0]).toMatch(
      /^millrace-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=4\d{4}$/,
    )
    const page = await browser.get('/console/')
    expect(page.text).toContain(`acs:ram::${testAccount}:user/reader`)
    expect(page.text).toMatch(/by password, until \d{4}-\d\d-\d\d \d\d:\d\d UTC/)
  })

  test('a wrong password, a user without one and nobody at all get the same answer', async () => {
    await server.call('PUT', '/api/v1/users/without', {})
    const answers = await Promise.all(
      ['reader', 'without', 'no-such-user'].map(name => open().signIn(name, 'a wrong password')),
    )

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.status).toBe(401)
    expect(answers[0]?.text).toContain('login.failed')
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
  })

  test('the administrator signs in with the key of the account, a user with theirs', async () => {
    const { json } = await server.call('POST', '/api/v1/users/reader/keys', {})
    for (const [key, who] of [
      [rootKey, ':root'],
      [String(json?.['token']), ':user/reader'],
    ] as const) {
      const browser = open()
      await browser.post('/console/login', { key })
      expect((await browser.get('/console/')).text).toContain(`${testAccount}${who}`)
    }
  })

  test('a session by a key ends when the key is disabled', async () => {
    const { json } = await server.call('POST', '/api/v1/users/reader/keys', {})
    const browser = open()
    await browser.post('/console/login', { key: String(json?.['token']) })
    expect(await browser.isSignedIn()).toBe(true)
    await server.call('PATCH', `/api/v1/users/reader/keys/${String(json?.['id'])}`, { disabled: true })

    expect(await browser.isSignedIn()).toBe(false)
  })

  test('a session that somebody planted is of no use, and the one before ends', async () => {
    const browser = open()
    browser.plant('millrace-session', 'x'.repeat(43))
    await browser.signIn('reader', password)
    const first = browser.cookies.get('millrace-session') ?? ''
    expect(first).not.toBe('x'.repeat(43))
    await browser.signIn('reader', password)
    const old = open()
    old.plant('millrace-session', first)

    expect(await browser.isSignedIn()).toBe(true)
    expect(await old.isSignedIn()).toBe(false)
  })

  test('a name is locked after ten failures, also for the right password, and others are not', async () => {
    await makeUser(server, 'guessed', password)
    for (let turn = 0; turn < 10; turn++) {
      expect((await open().signIn('guessed', `wrong password ${turn}`)).status).toBe(401)
    }
    const locked = await open().signIn('guessed', password)

    expect(locked.status).toBe(429)
    expect(locked.text).toContain('login.too-many-attempts')
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await open().signIn('reader', password)).status).toBe(303)
  })

  test('neither the password nor the key is in a page, the log or the record', async () => {
    await open().signIn('reader', 'planted-wrong-password')
    await open().post('/console/login', { key: rootKey })
    await server.audit.settled()
    const entries = await server.services.eventLogs.read(busKey(testAccount, 'default'), 1, {
      entriesMax: 10_000,
      bytesMax: 50_000_000,
    })
    const text =
      entries.map(({ bytes }) => Buffer.from(bytes).toString()).join('') + JSON.stringify(server.logged)

    expect(text).not.toContain('planted-wrong-password')
    expect(text).not.toContain(credential.accessKeySecret)
    expect(text).not.toContain(password)
  })
})

describe('the page', () => {
  test('lists what its reader may read, and says what they may not', async () => {
    const reader = await (await signedIn('reader')).get('/console/')
    expect(reader.text).toContain('<td class="">orders</td>')
    const nobody = await (await signedIn('nobody')).get('/console/')
    expect(nobody.text).not.toContain('<td')
    expect(nobody.text.match(/You may not list these/g)).toHaveLength(5)
  })

  test('is kept by nobody, framed by nobody, and runs no script', async () => {
    const { headers, text } = await (await signedIn('reader')).get('/console/')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'self'; .*frame-ancestors 'none'$/,
    )
    expect(text).not.toMatch(/<script|\sstyle=|\son\w+=/)
  })

  test('shows names as text, whatever is in the address', async () => {
    const { text } = await (await signedIn('reader')).get('/console/?bus=%3Cb%3E&position=1')
    expect(text).not.toContain('<b>')
    const refused = await open().signIn('<b>"\'&', 'a wrong password')
    expect(refused.text).not.toContain('<b>')
  })

  test('shows somebody without a session nothing but the way in', async () => {
    expect((await open().get('/console/')).location).toBe('/console/login')
    const fromElsewhere = await open().get('/console/', { 'sec-fetch-site': 'cross-site' })
    expect(fromElsewhere.text).toContain('http-equiv="refresh"')
  })
})

describe('a form', () => {
  const event = { bus: 'orders', type: 'test.event', source: '/console', data: '{"n":1}' }

  test('publishes a test event, which arrives', async () => {
    const browser = open()
    await browser.post('/console/login', { key: rootKey })
    const { location } = await browser.post('/console/events', {
      ...event,
      formToken: await browser.formToken(),
    })
    const position = new URL(location ?? '', server.listener.url).searchParams.get('position')

    expect((await browser.get(location ?? '')).text).toContain(`Accepted by orders at position ${position}`)
    const [entry] = await server.services.eventLogs.get(busKey(testAccount, 'orders'), [Number(position)])
    expect(JSON.parse(Buffer.from(entry?.bytes ?? []).toString())).toMatchObject({
      type: 'test.event',
      data: { n: 1 },
    })
  })

  test('is refused where the API would refuse its sender', async () => {
    const browser = await signedIn('reader')
    const { status, text } = await browser.post('/console/events', {
      ...event,
      formToken: await browser.formToken(),
    })
    expect(status).toBe(403)
    expect(text).toContain('auth.forbidden')
  })

  test.each<[string, Record<string, string>]>([
    ['from another site', { origin: 'http://evil.example' }],
    ['from another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['from a page whose origin is hidden', { origin: 'null' }],
    ['by no browser at all', {}],
  ])('%s is refused, token or not', async (_where, headers) => {
    const browser = open()
    await browser.post('/console/login', { key: rootKey })
    const formToken = await browser.formToken()
    for (const path of ['/console/events', '/console/logout', '/console/login']) {
      const { status, text } = await browser.post(path, { ...event, formToken, key: rootKey }, headers)
      expect(status, path).toBe(403)
      expect(text, path).toContain('login.cross-site')
    }
    expect(await browser.isSignedIn()).toBe(true)
  })

  test('without the token of its session is refused', async () => {
    const [browser, other] = [await signedIn('reader'), await signedIn('reader')]
    const missing = await browser.post('/console/logout', {})
    const stale = await browser.post('/console/logout', { formToken: await other.formToken() })
    expect([missing.status, stale.status]).toEqual([400, 403])
    expect(stale.text).toContain('login.form-stale')
    expect(await browser.isSignedIn()).toBe(true)
  })

  test('signs out: the session ends, and not just its cookie', async () => {
    const browser = await signedIn('reader')
    const token = browser.cookies.get('millrace-session') ?? ''
    const { location } = await browser.post('/console/logout', { formToken: await browser.formToken() })
    expect(location).toBe('/console/login')
    expect(browser.cookies.size).toBe(0)
    const thief = open()
    thief.plant('millrace-session', token)
    expect(await thief.isSignedIn()).toBe(false)
  })
})

test('behind a proxy with TLS the cookie is for that host and TLS alone, and forms must come from there', async () => {
  await using proxied = await startServer({}, services => services, {
    consoleUrl: 'https://events.example.com',
  })
  const browser = new Browser(proxied.listener)
  const inside = await browser.post('/console/login', { key: rootKey })
  expect([inside.status, inside.text.includes('https://events.example.com')]).toEqual([403, true])

  const headers = { origin: 'https://events.example.com', 'sec-fetch-site': 'same-origin' }
  const { status, headers: answered } = await browser.post('/console/login', { key: rootKey }, headers)
  expect(status).toBe(303)
  expect(answered.getSetCookie()[0]).toMatch(
    /^__Host-millrace-session=[\w-]{43}; Path=\/; HttpOnly; .*; Secure$/,
  )
  expect(await browser.isSignedIn()).toBe(true)
})

describe('sessions', () => {
  test('do not open the API', async () => {
    const browser = await signedIn('reader')
    expect((await browser.get('/api/v1/buses')).status).toBe(401)
  })

  test('are listed and revoked by those who may', async () => {
    await makeUser(server, 'leaver', password)
    const browser = await signedIn('leaver')
    const { json } = await server.call('GET', '/api/v1/console-sessions')
    const items = json?.['items'] as { id: string; principal: string; way: string }[]
    const own = items.find(({ principal }) => principal.endsWith('user/leaver'))
    expect(own).toMatchObject({ way: 'password' })
    expect((await server.call('DELETE', `/api/v1/console-sessions/${own?.id}`)).status).toBe(204)

    expect(await browser.isSignedIn()).toBe(false)
  })

  test('end with the password by which they began, and with their user', async () => {
    await makeUser(server, 'changer', password)
    const before = await signedIn('changer')
    const changed = await server.call('PUT', '/api/v1/users/changer/password', {
      password: 'another long password',
    })
    expect(changed.json).toMatchObject({ sessionsEnded: 1 })
    expect(await before.isSignedIn()).toBe(false)

    const after = open()
    await after.signIn('changer', 'another long password')
    await server.call('DELETE', '/api/v1/users/changer')
    await server.call('PUT', '/api/v1/users/changer', {})
    expect(await after.isSignedIn()).toBe(false)
    expect((await open().signIn('changer', 'another long password')).status).toBe(401)
  })
})

describe('a password', () => {
  test('that is too short is refused, and none is ever given back', async () => {
    const { status, json } = await server.call('PUT', '/api/v1/users/reader/password', { password: 'short' })
    expect([status, json?.['code']]).toEqual([400, 'login.password-invalid'])
    expect(json?.['detail']).toBe('a password has 12 to 256 characters, not 5')
    const { text } = await server.call('GET', '/api/v1/users/reader/password')
    expect(text).toMatch(/^\{"changedAtMs":\d+\}$/)
  })

  test('that is taken away signs nobody in', async () => {
    await makeUser(server, 'former', password)
    expect((await server.call('DELETE', '/api/v1/users/former/password')).status).toBe(204)
    expect((await open().signIn('former', password)).status).toBe(401)
    expect((await server.call('GET', '/api/v1/users/former/password')).status).toBe(404)
  })

  test('lies hashed and sealed', async () => {
    const stored = JSON.stringify(await server.documents.list('console-password/'))
    expect(stored).toContain('sealed:v1:')
    expect(stored).not.toContain('scrypt')
    expect(stored).not.toContain(password)
  })
})

test('signing in, failing to and signing out are recorded on the built-in bus', async () => {
  await makeUser(server, 'watched', password)
  await open().signIn('watched', 'a wrong password')
  const browser = await signedIn('watched')
  await browser.post('/console/logout', { formToken: await browser.formToken() })
  await server.audit.settled()
  const key = busKey(testAccount, 'default')
  const entries = await server.services.eventLogs.read(key, 1, { entriesMax: 10_000, bytesMax: 50_000_000 })
  const events = entries
    .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
    .filter(
      ({ type, subject }) => String(type).includes('Console') && String(subject).endsWith('user/watched'),
    )

  expect(events).toMatchObject([
    {
      type: 'ram:ActionTrail:ConsoleSignin',
      data: {
        errorCode: 'login.failed',
        userIdentity: { userName: 'watched' },
        requestParameters: { way: 'password' },
      },
    },
    { type: 'ram:ActionTrail:ConsoleSignin', data: { eventType: 'ConsoleSignin', eventRW: 'Write' } },
    { type: 'ram:ActionTrail:ConsoleSignout', data: { userIdentity: { type: 'ram-user' } } },
  ])
})
