import type { ConnectorContext, Sink } from '@millrace/spi'
import { FakeClock, outgoing, seededRandom } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { completeOptions } from '../src/options.fixture.ts'
import type { OAuthOptions } from '../src/options.ts'
import { HttpSink } from '../src/sink.ts'
import { type Seen, startTarget, type Target } from './target.ts'

/** An issuer of tokens `t1`, `t2`…, each for so many seconds. */
async function startIssuer(answer: object = { expires_in: 100 }, status = 200): Promise<Target> {
  let issued = 0
  return await startTarget((_seen, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? { access_token: `t${++issued}`, ...answer } : answer))
  })
}

/** A target that takes the tokens that a test says. */
async function startApi(isTaken: (token: string) => boolean): Promise<Target> {
  return await startTarget(({ headers }, response) => {
    response.statusCode = isTaken(headers.authorization ?? '') ? 204 : 401
    response.end()
  })
}

function openSink(url: string, auth: Partial<OAuthOptions>, clock = new FakeClock()): Sink {
  const context: ConnectorContext = {
    clock,
    random: seededRandom(1),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'test',
  }
  const whole = { type: 'oauth2', clientId: 'me', clientSecret: 'hush', ...auth } as OAuthOptions
  return new HttpSink(completeOptions({ url, auth: whole }), context)
}

const never = new AbortController().signal
const tokens = (seen: readonly Seen[]): (string | undefined)[] =>
  seen.map(({ headers }) => headers.authorization)

describe('OAuth client credentials', () => {
  test('one token serves many requests until shortly before it expires', async () => {
    await using issuer = await startIssuer()
    await using api = await startApi(() => true)
    const clock = new FakeClock()
    await using sink = openSink(api.url, { tokenUrl: issuer.url }, clock)
    await Promise.all(['a', 'b', 'c'].map(id => sink.write([outgoing(id)], never)))
    expect(issuer.seen).toHaveLength(1)
    await clock.advance(89_000)
    await sink.write([outgoing('d')], never)
    await clock.advance(2_000)
    await sink.write([outgoing('e')], never)
    expect(tokens(api.seen)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t2'])
  })

  test('a token that the target refuses is replaced at once, and no more than once', async () => {
    await using issuer = await startIssuer()
    await using api = await startApi(token => token === 'Bearer t2')
    await using sink = openSink(api.url, { tokenUrl: issuer.url })
    expect(await sink.write([outgoing('a')], never)).toMatchObject([{ status: 'ok' }])
    expect(issuer.seen).toHaveLength(2)
    await using closedApi = await startApi(() => false)
    await using refused = openSink(closedApi.url, { tokenUrl: issuer.url })
    expect(await refused.write([outgoing('a')], never)).toMatchObject([
      { status: 'failed', error: { code: 'sink.unauthorized' } },
    ])
    expect(closedApi.seen).toHaveLength(2)
  })

  test.each([
    ['body', '/', 'grant_type=client_credentials&client_id=me&client_secret=hush', undefined],
    ['query', '/?client_id=me&client_secret=hush', 'grant_type=client_credentials', undefined],
    ['basic', '/', 'grant_type=client_credentials', `Basic ${Buffer.from('me:hush').toString('base64')}`],
  ] as const)('the client stands in the %s', async (clientIn, url, body, authorization) => {
    await using issuer = await startIssuer()
    await using api = await startApi(() => true)
    const auth = { tokenUrl: issuer.url, clientIn, body: { grant_type: 'client_credentials' } }
    await using sink = openSink(api.url, auth)
    await sink.write([outgoing('a')], never)
    const [seen] = issuer.seen
    expect({
      url: seen?.url,
      body: seen?.body.toString(),
      authorization: seen?.headers.authorization,
    }).toEqual({
      url,
      body,
      authorization,
    })
  })

  test('GET carries the client and the named parameters in the query', async () => {
    await using issuer = await startIssuer()
    await using api = await startApi(() => true)
    const query = { grant_type: 'client_credentials' }
    await using sink = openSink(api.url, { tokenUrl: issuer.url, method: 'GET', query })
    await sink.write([outgoing('a')], never)
    expect(issuer.seen[0]).toMatchObject({
      method: 'GET',
      url: '/?client_id=me&client_secret=hush&grant_type=client_credentials',
    })
  })

  test.each([
    [200, { access_token: '' }, 'sink.unauthorized'],
    [400, { error: 'invalid_client' }, 'sink.unauthorized'],
    [503, {}, 'sink.unavailable'],
  ])('an issuer that answers %i with %o', async (status, answer, code) => {
    await using issuer = await startIssuer(answer, status)
    await using api = await startApi(() => true)
    await using sink = openSink(api.url, { tokenUrl: issuer.url })
    const [outcome] = await sink.write([outgoing('a')], never)
    expect(outcome).toMatchObject({ status: 'failed', error: { code } })
    expect(JSON.stringify(outcome)).not.toContain('hush')
    expect(api.seen).toHaveLength(0)
  })
})

test('parameters that are JSON objects become headers and query', async () => {
  await using api = await startApi(() => true)
  await using issuer = await startIssuer()
  await using sink = openSink(api.url, { tokenUrl: issuer.url })
  const parameters = { headers: '{"X-Trace":"e1","X-Count":3}', query: '{"k":"a b","o":{"x":1}}' }
  await sink.write([outgoing('a', { parameters })], never)
  expect(api.seen[0]).toMatchObject({
    url: '/?k=a%20b&o=%7B%22x%22%3A1%7D',
    headers: { 'x-trace': 'e1', 'x-count': '3' },
  })
  const [outcome] = await sink.write([outgoing('b', { parameters: { headers: '[]' } })], never)
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'sink.rejected' } })
})
