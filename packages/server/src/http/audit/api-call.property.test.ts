import fc from 'fast-check'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import type { Actor } from '../../auth/index.ts'
import { ApiCallData, apiCallEvent, auditEventBytesMax, type EndedCall } from './api-call.ts'
import { auditParametersLengthMax, recordedParameters } from './parameters.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2_000 }),
  fc.string({ size: '+1', maxLength: 2_000 }),
)
const actor: fc.Arbitrary<Actor> = fc.oneof(
  fc.constant({ kind: 'root' } as const),
  fc.record({ kind: fc.constant('user' as const), name: text }),
  fc.record({
    kind: fc.constant('session' as const),
    role: text,
    session: text,
    expiresAtMs: fc.nat(),
  }),
)
const access = fc.record({
  action: fc.constantFrom(
    'eventbridge:CreateRule',
    'fc:DeleteFunction',
    'ram:Authenticate',
    'sts:AssumeRole',
  ),
  resource: fc.oneof(fc.constant('*'), text),
})
const call: fc.Arbitrary<EndedCall> = fc.record({
  id: fc.uuid(),
  atMs: fc.nat({ max: 4_102_444_800_000 }),
  region: fc.constant('local'),
  account: fc.constant('1'),
  actor,
  keyId: text,
  accesses: fc.tuple(access, access),
  isRead: fc.boolean(),
  requestId: fc.option(fc.uuid(), { nil: undefined }),
  host: fc.option(text, { nil: undefined }),
  peer: fc.ipV4(),
  userAgent: fc.option(text, { nil: undefined }),
  parameters: fc
    .tuple(fc.dictionary(text, text), fc.object())
    .map(([params, body]) => recordedParameters(params, body)),
  refusal: fc.option(fc.record({ code: fc.constantFrom('auth.forbidden', 'http.409'), message: text }), {
    nil: undefined,
  }),
})

test('whatever is called, and by whom, becomes an event whose data fit the schema, within the bound', () => {
  fc.assert(
    fc.property(call, given => {
      const event = apiCallEvent(given)
      expect(event.bytes.length).toBeLessThanOrEqual(auditEventBytesMax)
      const { data } = JSON.parse(Buffer.from(event.bytes).toString()) as { data: unknown }
      expect([...Value.Errors(ApiCallData, data)]).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('of a body nothing is kept but what tells of rights, and nothing that is too long', () => {
  const body = { policies: ['wide'], secret: 'x', environment: { TOKEN: 'x' }, document: { Version: '1' } }
  expect(recordedParameters({ name: 'shop' }, body)).toEqual({
    name: 'shop',
    policies: ['wide'],
    document: { Version: '1' },
  })
  expect(recordedParameters({ name: 'shop' }, Buffer.from('{"policies":["wide"]}'))).toEqual({ name: 'shop' })
  const long = recordedParameters({}, { policies: ['x'.repeat(auditParametersLengthMax)] })
  expect(Object.keys(long)).toEqual(['leftOut'])
})
