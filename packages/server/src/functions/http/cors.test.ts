import { describe, expect, test } from 'vitest'
import type { CorsSpec } from '../../resources/index.ts'
import { preflightAnswer, withCorsHeaders } from './cors.ts'

const rules: CorsSpec = {
  origins: ['https://a.example', 'http://*'],
  methods: ['PUT'],
  headers: ['X-One'],
  exposed: ['X-Out'],
  credentials: true,
  maxAgeSeconds: 60,
}

function preflight(further: object = {}) {
  return {
    method: 'OPTIONS',
    origin: 'https://a.example',
    wantedMethod: 'PUT',
    wantedHeaders: 'x-one',
    ...further,
  }
}

describe('a preflight', () => {
  test('that fits the rules is answered with what they allow', () => {
    expect(preflightAnswer(rules, preflight(), ['GET', 'PUT'])).toEqual({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://a.example',
        'access-control-allow-credentials': 'true',
        vary: 'Origin',
        'access-control-allow-methods': 'PUT',
        'access-control-allow-headers': 'x-one',
        'access-control-max-age': '60',
      },
    })
  })

  test.each([
    ['another origin', { origin: 'https://b.example' }],
    ['an origin that only begins alike', { origin: 'https://a.example.evil' }],
    ['another method', { wantedMethod: 'DELETE' }],
    ['another header', { wantedHeaders: 'x-one, x-two' }],
    ['no method: it is no preflight', { wantedMethod: undefined }],
  ])('with %s is for the function', (_what, further) => {
    expect(preflightAnswer(rules, preflight(further), ['PUT', 'OPTIONS'])).toBeUndefined()
  })

  test('takes origins by their scheme, and any header where * is allowed', () => {
    const answer = preflightAnswer(
      { ...rules, headers: ['*'] },
      preflight({ origin: 'http://any.example', wantedHeaders: 'x-two' }),
      ['PUT'],
    )
    expect(answer?.headers).toMatchObject({ 'access-control-allow-origin': 'http://any.example' })
  })

  test('without rules is for the function if it takes OPTIONS, else answered', () => {
    expect(preflightAnswer(undefined, preflight(), ['OPTIONS', 'PUT'])).toBeUndefined()
    expect(preflightAnswer(undefined, preflight(), ['PUT'])).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://a.example', 'access-control-allow-methods': 'PUT' },
    })
  })
})

describe('an answer', () => {
  test('to a request without origin has no such headers', () => {
    expect(withCorsHeaders(rules, undefined, { a: 'b' })).toEqual({ a: 'b' })
  })

  test('by the rules has theirs, and what the function exposes besides', () => {
    const headers = {
      'access-control-allow-origin': 'https://function.example',
      'access-control-expose-headers': 'X-Function',
    }
    expect(withCorsHeaders(rules, 'https://a.example', headers)).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-expose-headers': 'Date,x-fc-request-id,x-millrace-request-id,X-Out,X-Function',
    })
    expect(withCorsHeaders(rules, 'https://b.example', headers)).toEqual(headers)
  })

  test('never lets anybody use credentials by *', () => {
    const headers = withCorsHeaders({ ...rules, origins: ['*'] }, 'https://b.example', {})
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  test('without rules has the default ones, unless the function has its own', () => {
    expect(withCorsHeaders(undefined, 'https://b.example', {})).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
      'access-control-allow-credentials': 'true',
    })
    const own = { 'access-control-allow-origin': 'https://c.example' }
    expect(withCorsHeaders(undefined, 'https://b.example', own)).toEqual(own)
  })
})
