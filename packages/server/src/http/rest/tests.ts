import { explain } from '@millrace/pattern'
import { assert } from '@millrace/spi'
import { Type } from 'typebox'
import { compilePath, compileTransform } from '../../bus/transform/index.ts'
import { TransformSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'

const Event = Type.Record(Type.String(), Type.Unknown(), { description: 'The event as JSON.' })

const TestPatternBody = Type.Object(
  {
    event: Event,
    pattern: Type.Record(Type.String(), Type.Unknown(), { description: 'The event pattern.' }),
    dialect: Type.Union([Type.Literal('standard'), Type.Literal('aliyun')], { default: 'standard' }),
  },
  { additionalProperties: false },
)

const TestTransformBody = Type.Object(
  { event: Event, transform: TransformSpec },
  { additionalProperties: false },
)

/** Trying patterns and transforms without touching anything. */
export function testRoutes(app: Application): void {
  app.post('/test-pattern', { schema: testPattern }, request => {
    const { dialect } = request.body
    const pattern = Buffer.from(patternPath.read(bodyText(request))?.bytes ?? []).toString()
    const { matches, fields, summary } = explain(pattern, eventText(request), { dialect })
    return { matches, explanation: fields, summary }
  })

  app.post('/test-transform', { schema: testTransform }, request => {
    const result = compileTransform(request.body.transform).apply(eventText(request))
    if (result === undefined) return { found: false }
    return { found: true, contentType: result.contentType, text: Buffer.from(result.bytes).toString() }
  })
}

/** Numbers have their text in the body, and a pattern may ask for it: 1.0 is not 1 in every dialect. */
const eventPath = compilePath('$.event')
const patternPath = compilePath('$.pattern')

function eventText(request: { readonly jsonText: Buffer | undefined }): Uint8Array {
  return eventPath.read(bodyText(request))?.bytes ?? new Uint8Array()
}

function bodyText({ jsonText }: { readonly jsonText: Buffer | undefined }): Uint8Array {
  assert(jsonText !== undefined, 'a body that was validated was read')
  return jsonText
}

const testPattern = operation({
  id: 'testPattern',
  access: needs('eventbridge:TestEventPattern', '*'),
  tag: 'tests',
  summary: 'Holds a pattern against an event, and explains the verdict field by field.',
  body: TestPatternBody,
  answers: {
    200: {
      description: 'The verdict.',
      schema: Type.Object({
        matches: Type.Boolean(),
        explanation: Type.Array(
          Type.Object({
            alternative: Type.Integer({ description: 'Which alternative of `$or` the field belongs to.' }),
            path: Type.String(),
            wanted: Type.Array(Type.Unknown()),
            found: Type.Array(Type.Unknown()),
            verdict: Type.Union(
              ['matched', 'missing', 'not-comparable', 'different'].map(verdict => Type.Literal(verdict)),
            ),
          }),
        ),
        summary: Type.String({ description: 'A sentence for a person.' }),
      }),
    },
  },
  refusals: { 400: ['http.invalid-request', 'pattern.*'] },
})

const testTransform = operation({
  id: 'testTransform',
  access: needs('millrace:TestTransform', '*'),
  tag: 'tests',
  summary: 'Shows what a transform makes of an event.',
  body: TestTransformBody,
  answers: {
    200: {
      description: 'The result; `found` is false when the path leads nowhere.',
      schema: Type.Object({
        found: Type.Boolean(),
        contentType: Type.Optional(Type.String()),
        text: Type.Optional(Type.String()),
      }),
    },
  },
  refusals: { 400: ['http.invalid-request', 'transform.invalid'], 422: ['transform.result-too-large'] },
})
