import swagger from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import { Type } from 'typebox'
import type { Application } from '../application.ts'
import { operation, ProblemSchema } from './operation.ts'

/** Registers the generator of the document. It must come before the operations that it describes. */
export async function describeApplication(app: Application, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Millrace',
        version,
        description: 'Event bus and functions. Every refusal is a problem (RFC 9457) with a stable `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: '`Authorization: Bearer <accessKeyId>.<accessKeySecret>`',
          },
        },
      },
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
    transform: ({ schema, url }) => ({ schema: described(schema), url }),
  })
  app.addSchema(ProblemSchema)
}

/** `/openapi.json`: the document, derived from the schemas by which requests are checked. */
export function openapiRoute(app: Application): void {
  app.get('/openapi.json', { schema: getOpenApi }, async () => app.swagger())
}

/** What a caller must send is what has no default; for the check inside, everything with a default is there. */
function described(schema: FastifySchema | undefined): FastifySchema {
  const {
    body,
    querystring,
    'x-millrace-body': contents,
    ...rest
  } = (schema ?? { hide: true }) as DescribedSchema
  const shown = contents === undefined ? withoutDefaulted(body) : { content: contentsOf(contents) }
  return {
    ...rest,
    ...(shown === undefined ? {} : { body: shown }),
    ...(querystring === undefined ? {} : { querystring: withoutDefaulted(querystring) }),
  }
}

/** A body that is read as bytes and so has no schema that checks it, by media type: for the document only. */
interface DescribedSchema extends FastifySchema {
  readonly 'x-millrace-body'?: Readonly<Record<string, unknown>>
}

function contentsOf(bodies: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bodies).map(([type, schema]) => [type, { schema: withoutDefaulted(schema) }]),
  )
}

function withoutDefaulted(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutDefaulted)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, withoutDefaulted(value)]),
  )
  const { properties, required } = copy as { properties?: Record<string, object>; required?: unknown }
  if (properties === undefined || !Array.isArray(required)) return copy
  const needed = required.filter(name => !('default' in (properties[String(name)] ?? {})))
  const { required: _, ...others } = copy
  return needed.length === 0 ? others : { ...others, required: needed }
}

const getOpenApi = operation({
  id: 'getOpenApi',
  access: 'authenticated',
  tag: 'platform',
  summary: 'Reads this document.',
  answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: Type.Object({}) } },
})
