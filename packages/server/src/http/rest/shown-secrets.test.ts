import { expect, test } from 'vitest'
import { secretMask, shown, unmasked } from './shown-secrets.ts'

const spec = {
  description: 'd',
  environment: { A: 'secret one', B: 'secret two' },
  auth: {
    kind: 'jwt',
    tokens: ['secret three'],
    users: { ada: 'secret four' },
    jwks: { keys: [{ kty: 'oct', kid: 'shown', k: 'secret five' }] },
  },
  foreign: { fc: { certConfig: { certName: 'shown', privateKey: 'secret six' } } },
}

test('secrets of a spec are masked, and the rest is shown', () => {
  const seen = shown(spec)

  expect(JSON.stringify(seen)).not.toContain('secret')
  expect(seen).toEqual({
    description: 'd',
    environment: { A: secretMask, B: secretMask },
    auth: {
      kind: 'jwt',
      tokens: [secretMask],
      users: { ada: secretMask },
      jwks: { keys: [{ kty: 'oct', kid: 'shown', k: secretMask }] },
    },
    foreign: { fc: { certConfig: { certName: 'shown', privateKey: secretMask } } },
  })
})

test('what is read can be written back, and nothing has changed', () => {
  expect(unmasked(shown(spec), spec)).toEqual(spec)
})

test('what is changed beside a mask is changed, and the mask keeps the secret', () => {
  const written = { ...(shown(spec) as typeof spec), environment: { A: secretMask, C: 'new' } }

  expect(unmasked(written, spec)).toEqual({ ...spec, environment: { A: 'secret one', C: 'new' } })
})

test('a mask where nothing is stored, or in a list of another length, is refused with its place', () => {
  expect(() => unmasked({ environment: { C: secretMask } }, spec)).toThrow('body.environment.C is the mask')
  expect(() => unmasked({ environment: { constructor: secretMask } }, spec)).toThrow('is the mask')
  expect(() => unmasked({ environment: { A: secretMask } }, undefined)).toThrow('write the secret')
  expect(() => unmasked({ auth: { tokens: [secretMask, 'new one'] } }, spec)).toThrow('body.auth.tokens[0]')
})

test('a spec without secrets is shown as it is', () => {
  const plain = { pattern: {}, targets: [] }
  expect(shown(plain)).toBe(plain)
})
