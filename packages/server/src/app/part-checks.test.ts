import { describe, expect, test } from 'vitest'
import type { DomainSpec, HttpAuthSpec, TriggerSpec } from '../resources/index.ts'
import { partChecks } from './part-checks.ts'

const notAsked = (): never => {
  throw new Error('this is not asked for')
}
const checks = partChecks({
  plugins: { connectors: notAsked, checkSink: notAsked } as never,
  secrets: undefined as never,
  roles: {} as never,
  snapshot: notAsked,
  checkCode: notAsked,
})

function jwt(further: object): HttpAuthSpec {
  return {
    kind: 'jwt',
    jwks: { keys: [{ kty: 'oct', k: 'AA' }] },
    lookup: 'header:A',
    claims: '',
    ...further,
  }
}

function trigger(auth: HttpAuthSpec): TriggerSpec {
  return { kind: 'http', description: '', methods: ['GET'], auth, enabled: true }
}

function domain(regex: string, auth?: HttpAuthSpec): DomainSpec {
  const rewrite = { equal: [], wildcard: [], regex: [{ match: regex, replacement: '/' }] }
  const routes = [{ path: '/*', function: 'f', methods: [], rewrite }]
  return auth === undefined ? { routes } : { routes, auth }
}

const twoWithoutId = { jwks: { keys: [{ kty: 'oct' }, { kty: 'oct' }] } }

describe('a trigger', () => {
  test('whose tokens can be found and passed on is taken', async () => {
    const spec = trigger(
      jwt({ lookup: 'header:A:Bearer,cookie:b,query:c,form:d', claims: 'header:sub:x-user' }),
    )
    await expect(checks.trigger('1', spec)).resolves.toBeUndefined()
  })

  test.each([
    ['a place that does not exist', { lookup: 'body:a' }],
    ['a place without a name', { lookup: 'header' }],
    ['a claim for a header with a name that none has', { claims: 'header:sub:x user' }],
    ['two keys without an id', twoWithoutId],
  ])('that has %s is refused', async (_what, further) => {
    await expect(checks.trigger('1', trigger(jwt(further)))).rejects.toMatchObject({
      code: 'trigger.auth-invalid',
    })
  })
})

describe('a domain', () => {
  test('whose rules can be used is taken', async () => {
    await expect(checks.domain('1', domain('^/a/(.*)$'))).resolves.toBeUndefined()
  })

  test('with an expression that looks around is refused', async () => {
    await expect(checks.domain('1', domain('(?=a)'))).rejects.toMatchObject({ code: 'domain.invalid' })
  })

  test('is refused for its tokens as a trigger is', async () => {
    await expect(checks.domain('1', domain('a', jwt(twoWithoutId)))).rejects.toMatchObject({
      code: 'trigger.auth-invalid',
    })
  })
})
