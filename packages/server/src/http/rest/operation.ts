import { type TSchema, Type } from 'typebox'
import { accessMember, type RouteAccess } from '../access.ts'

/** What the document says of one operation, and what of its request is checked. */
export interface Operation<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  /** Stable name, from which clients derive the names of their methods. */
  readonly id: string
  /** What a caller must be allowed to. */
  readonly access: RouteAccess
  readonly tag: string
  readonly summary: string
  readonly description?: string
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** Media types of the body where it is not JSON. */
  readonly consumes?: string[]
  /** Status → what the answer holds. */
  readonly answers: Readonly<Record<number, Answer>>
  /** Status → the codes that it may carry, besides those that every operation may answer. */
  readonly refusals?: Readonly<Record<number, readonly string[]>>
}

export interface Answer {
  readonly description: string
  /** `null`: an empty body. */
  readonly schema: TSchema | null
  readonly mediaType?: string
}

/** RFC 9457 problem details with a stable code. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'A URN made of the code.' }),
    title: Type.String({ description: 'What the code means, always in the same words.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened, to what, the limit and the value seen.' }),
    code: Type.String({ description: 'Stable; programs decide by it.' }),
  },
  {
    $id: 'Problem',
    description: 'Problem details (RFC 9457). Further members are facts, such as `limit`, `seen` and `path`.',
  },
)

/** The schema of a route, as the framework and the document generator read it. */
export function operation<
  Params extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
>(definition: Operation<Params, Query, Body>) {
  const { id, access, tag, summary, description, params, query, body, consumes, answers, refusals } =
    definition
  const response: Record<string, object> = {}
  for (const [status, answer] of Object.entries(answers)) response[status] = answerSchema(answer)
  for (const [status, codes] of Object.entries({ ...everyRefusal, ...refusals })) {
    response[status] = problemSchema(codes)
  }
  return {
    operationId: id,
    [accessMember]: access,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(consumes === undefined ? {} : { consumes }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    response,
  } as {
    readonly params: Params
    readonly querystring: Query
    readonly body: Body
  }
}

const everyRefusal: Readonly<Record<number, readonly string[]>> = {
  400: ['http.malformed-request', 'http.invalid-request'],
  401: ['auth.unauthenticated'],
  403: ['auth.forbidden'],
  500: ['internal.unexpected', 'storage.failed'],
}

function answerSchema({ description, schema, mediaType }: Answer): object {
  if (schema === null) return { description, type: 'null' }
  return { description, content: { [mediaType ?? 'application/json']: { schema } } }
}

function problemSchema(codes: readonly string[]): object {
  return {
    description: codes.map(code => `\`${code}\``).join(', '),
    content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
  }
}
