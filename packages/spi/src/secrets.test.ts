import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { Secret } from './options.ts'
import { mapSecrets } from './secrets.ts'

const schema = Type.Object({
  url: Type.String(),
  key: Type.Optional(Secret()),
  auth: Type.Union([
    Type.Object({ type: Type.Literal('none') }),
    Type.Object({ type: Type.Literal('bearer'), token: Secret() }),
  ]),
  extra: Type.Array(Type.Object({ name: Type.String(), value: Secret() })),
})

test('every text marked secret is replaced, at any depth and in any alternative, and nothing else', () => {
  const options = {
    url: 'u',
    key: 'k',
    auth: { type: 'bearer', token: 't' },
    extra: [{ name: 'n', value: 'v' }],
  }
  expect(mapSecrets(schema, options, secret => `<${secret}>`)).toEqual({
    url: 'u',
    key: '<k>',
    auth: { type: 'bearer', token: '<t>' },
    extra: [{ name: 'n', value: '<v>' }],
  })
  expect(options.key).toBe('k')
})
