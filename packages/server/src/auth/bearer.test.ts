import { AppError } from '@millrace/spi'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AuthenticationScheme, authenticatorOf } from './authenticator.ts'
import { bearerLengthMax, bearerScheme, verifiedHeadersMax } from './bearer.ts'
import type { Credential } from './credentials.ts'

const alice: Credential = { accessKeyId: 'ALICE', accessKeySecret: 'correct-horse', account: '1' }
const bob: Credential = { accessKeyId: 'BOB', accessKeySecret: 'battery.staple', account: '2' }

function ask(scheme: AuthenticationScheme, authorization: string | undefined) {
  const headers = authorization === undefined ? {} : { authorization }
  return authenticatorOf([scheme])(headers, 'GET', '/')
}

describe('bearer credentials', () => {
  const scheme = bearerScheme([alice, bob])

  test('tell whose account it is, again and again', () => {
    for (let time = 0; time < 3; time++) {
      expect(ask(scheme, 'Bearer ALICE.correct-horse')).toEqual({
        actor: { kind: 'root' },
        account: '1',
        keyId: 'ALICE',
      })
    }
  })

  test('the name of the scheme has no case, and a secret may have dots', () => {
    expect(ask(scheme, 'bearer BOB.battery.staple')).toEqual({
      actor: { kind: 'root' },
      account: '2',
      keyId: 'BOB',
    })
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer ALICE',
    'Bearer ALICE.',
    'Bearer .correct-horse',
    'Bearer ALICE.correct-hors',
    'Bearer ALICE.correct-horse2',
    'Bearer alice.correct-horse',
    'Bearer ALICE.battery.staple',
    'Bearer ALICE correct-horse',
    'BearerALICE.correct-horse',
    'Basic QUxJQ0U6Y29ycmVjdC1ob3JzZQ==',
    `Bearer ALICE.${'x'.repeat(bearerLengthMax)}`,
  ])('%j is refused with the one answer', authorization => {
    const decision = ask(scheme, authorization)

    expect(decision).toBeInstanceOf(AppError)
    expect(decision).toMatchObject({ code: 'auth.unauthenticated', retry: { kind: 'never' } })
    expect((decision as AppError).message).not.toContain('ALICE')
  })

  test('no other header than the right ones opens, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('ALICE', 'BOB', 'correct-horse'),
    )
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(text, text).map(([id, secret]) => `Bearer ${id}.${secret}`),
    )
    const right = ['Bearer ALICE.correct-horse', 'Bearer BOB.battery.staple']
    fc.assert(
      fc.property(header, authorization => {
        fc.pre(!right.includes(authorization.trim()))
        expect(ask(scheme, authorization)).toBeInstanceOf(AppError)
      }),
      { numRuns: 2_000 },
    )
  })

  test('refused headers are not remembered, and verified ones not without end', () => {
    const many = bearerScheme([alice])
    for (let spaces = 1; spaces <= verifiedHeadersMax + 10; spaces++) {
      if (spaces > bearerLengthMax - 40) break
      expect(ask(many, `Bearer${' '.repeat(spaces)}ALICE.correct-horse`)).toMatchObject({ keyId: 'ALICE' })
    }
    expect(ask(many, 'Bearer ALICE.wrong')).toBeInstanceOf(AppError)
    expect(ask(many, 'Bearer ALICE.wrong')).toBeInstanceOf(AppError)
  })
})

describe('several schemes', () => {
  test('the scheme that claims a request decides, and nobody else is asked', () => {
    const other: AuthenticationScheme = {
      challenge: 'Other',
      claims: headers => headers['x-signature'] !== undefined,
      authenticate: () => ({ account: '9', keyId: 'SIGNED', actor: { kind: 'root' } }),
    }
    const authenticate = authenticatorOf([other, bearerScheme([alice])])

    expect(
      authenticate({ 'x-signature': 'x', authorization: 'Bearer ALICE.wrong' }, 'GET', '/'),
    ).toMatchObject({
      keyId: 'SIGNED',
    })
    expect(authenticate({ authorization: 'Bearer ALICE.correct-horse' }, 'GET', '/')).toMatchObject({
      keyId: 'ALICE',
    })
    expect(authenticate({}, 'GET', '/')).toBeInstanceOf(AppError)
  })
})
