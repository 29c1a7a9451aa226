import fc from 'fast-check'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import type { Actor } from '../../auth/index.ts'
import { ApiCallData, apiCallEvent, auditEventBytesMax, type EndedCall } from './api-call.ts'
import { recordedParameters } from './parameters.ts'

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
  endedAtMs: fc.nat({ max: 4_102_444_800_000 }),
  region: fc.constant('local'),
  account: fc.constant('1'),
  actor,
  keyId: text,
  accesses: fc.tuple(access, access),
  isRead: fc.boolean(),
  requestId: fc.option(fc.uuid(), { nil: undefined }),
  apiVersion: fc.option(text, { nil: undefined }),
  host: fc.option(text, { nil: undefined }),
  isSecure: fc.boolean(),
  peer: fc.ipV4(),
  userAgent: fc.option(text, { nil: undefined }),
  parameters: fc
    .tuple(fc.dictionary(text, text), fc.object())
    .map(([params, body]) => recordedParameters({ url: '/', headers: {}, params, body })),
  status: fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }),
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
