import { CloudEventError } from '@millrace/cloudevents'
import { PatternError } from '@millrace/pattern'
import { AppError, retryBackoff, retryNever } from '@millrace/spi'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allErrorCatalogues } from './catalogue.ts'
import { mergeCatalogues, problemMaker, translate } from './error-body.ts'
import { fromCloudEvents, fromPatterns } from './translate.ts'

const catalogue = mergeCatalogues(allErrorCatalogues)
const makeProblem = problemMaker(catalogue, ['Bearer realm="millrace"', 'Other'])
const translators = [fromCloudEvents, fromPatterns]

describe('the catalogue', () => {
  test('gives every code one status and a sentence', () => {
    for (const [code, { status, description }] of Object.entries(catalogue)) {
      expect(code).toMatch(/^[a-z][a-z-]*\.[a-z][a-z0-9-]*$/)
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(status, code).toBeLessThan(600)
      expect(description, code).toMatch(/^.{10,}[.]$/s)
    }
  })

  test('two statuses for one code are a bug', () => {
    const entry = (status: number) => ({ 'a.b': { status, description: 'x' } })
    expect(() => mergeCatalogues([entry(400), entry(404)])).toThrow('two statuses')
    expect(mergeCatalogues([entry(400), entry(400)])).toHaveProperty(['a.b'])
  })
})

describe('a problem', () => {
  test('has the members of RFC 9457, the code and the details', () => {
    const error = new AppError('event.too-large', 'The event has 9 bytes.', retryNever, {
      details: { limit: 8, seen: 9 },
    })

    expect(makeProblem(error)).toEqual({
      status: 413,
      headers: {},
      body: {
        type: 'urn:millrace:error:event.too-large',
        title: catalogue['event.too-large']?.description,
        status: 413,
        detail: 'The event has 9 bytes.',
        code: 'event.too-large',
        limit: 8,
        seen: 9,
      },
    })
  })

  test('details cannot pass themselves off as the code or the status', () => {
    const details = { code: 'x', status: 200, detail: 'y', type: 'z', title: 't' }
    const { body } = makeProblem(new AppError('event.too-large', 'real', retryNever, { details }))

    expect(body).toMatchObject({ code: 'event.too-large', status: 413, detail: 'real' })
  })

  test.each([
    ['bus.log-full', 429],
    ['storage.full', 507],
    ['storage.closed', 503],
  ])('%s carries Retry-After in whole seconds, rounded up, when the error knows when', (code, status) => {
    const soon = makeProblem(new AppError(code, 'x', { kind: 'after', delayMs: 1_200 }))
    const unknown = makeProblem(new AppError(code, 'x', retryBackoff))

    expect(soon).toMatchObject({ status, headers: { 'retry-after': '2' } })
    expect(unknown.headers).not.toHaveProperty('retry-after')
  })

  test('at once is still one second', () => {
    expect(
      makeProblem(new AppError('storage.full', 'x', { kind: 'after', delayMs: 0 })).headers['retry-after'],
    ).toBe('1')
  })

  test('a 401 offers every scheme', () => {
    const { headers } = makeProblem(new AppError('auth.unauthenticated', 'x'))

    expect(headers['www-authenticate']).toBe('Bearer realm="millrace", Other')
  })

  test('a code that no catalogue has answers as a failure of the server, without its message', () => {
    for (const code of ['no.such', 'toString', '__proto__', 'constructor']) {
      const { status, body } = makeProblem(new AppError(code, 'the password is 123'))
      expect(status).toBe(500)
      expect(JSON.stringify(body)).not.toContain('123')
    }
  })
})

describe('translating what was thrown', () => {
  test('errors of the libraries keep code, place, limit and size', () => {
    const event = new CloudEventError('cloudevents.attribute-too-long', 'x', {
      attribute: 'id',
      limit: 1,
      seen: 2,
    })
    const pattern = new PatternError('pattern.empty-list', 'data.a', 'reason')

    expect(translate(event, translators)).toMatchObject({
      code: 'cloudevents.attribute-too-long',
      details: { attribute: 'id', limit: 1, seen: 2 },
    })
    expect(translate(pattern, translators)).toMatchObject({
      code: 'pattern.empty-list',
      details: { path: 'data.a' },
    })
  })

  test('anything else becomes internal.unexpected, keeps its cause, and tells the caller nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string().map(text => new Error(`secret-${text}`)),
        ),
        thrown => {
          const error = translate(thrown, translators)
          expect(error.code).toBe('internal.unexpected')
          expect(error.cause).toBe(thrown)
          const { status, body } = makeProblem(error)
          expect(status).toBe(500)
          expect(JSON.stringify(body)).not.toContain('secret-')
        },
      ),
    )
  })
})
