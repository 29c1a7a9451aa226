import { expect, test } from 'vitest'
import { mask, masked, unmasked } from './masks.ts'

test('secrets are masked wherever they stand, and nothing else', () => {
  const document = {
    SaslPassword: 'p',
    Password: '',
    InstancePassword: { Form: 'CONSTANT', Value: 'p' },
    ParamList: [
      { ResourceKey: 'SaslPassword', Form: 'CONSTANT', Value: 'p' },
      { ResourceKey: 'Key', Form: 'CONSTANT', Value: 'k' },
    ],
    Body: [
      { Key: 'a', Value: 'v', IsValueSecret: 'true' },
      { Key: 'b', Value: 'w', IsValueSecret: false },
    ],
  }
  expect(masked(document)).toEqual({
    SaslPassword: mask,
    Password: '',
    InstancePassword: { Form: 'CONSTANT', Value: mask },
    ParamList: [
      { ResourceKey: 'SaslPassword', Form: 'CONSTANT', Value: mask },
      { ResourceKey: 'Key', Form: 'CONSTANT', Value: 'k' },
    ],
    Body: [
      { Key: 'a', Value: mask, IsValueSecret: 'true' },
      { Key: 'b', Value: 'w', IsValueSecret: false },
    ],
  })
})

test('a mask that comes back is what is stored, and a new value is itself', () => {
  const stored = { sasl: { username: 'u', password: 'sealed' }, endpoints: ['a'] }
  const written = { sasl: { username: 'v', password: mask }, endpoints: ['b'] }
  expect(unmasked(written, stored)).toEqual({ sasl: { username: 'v', password: 'sealed' }, endpoints: ['b'] })
  expect(unmasked({ sasl: { password: 'new' } }, stored)).toEqual({ sasl: { password: 'new' } })
  expect(unmasked({ other: mask }, stored)).toEqual({ other: mask })
})
