import type { IncomingHttpHeaders } from 'node:http'
import { AppError, retryNever } from '@millrace/spi'
import type { FastifyReply } from 'fastify'
import type { Resource } from '../../resources/index.ts'
import { shown } from './shown-secrets.ts'

/**
 * The revision that the caller expects: `If-Match: "7"` demands revision 7, `If-None-Match: *` that there is none yet
 * (0); without either everything goes. Anything else in these headers is refused, since ignoring a condition would
 * overwrite what the caller meant to spare.
 */
export function expectedRevision(headers: IncomingHttpHeaders): number | undefined {
  const match = headers['if-match']
  const noneMatch = headers['if-none-match']
  if (match !== undefined && noneMatch !== undefined) throw invalidPrecondition('only one of them')
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== '*') throw invalidPrecondition('If-None-Match: *')
    return 0
  }
  if (match === undefined) return undefined
  const revision = /^\s*"([1-9]\d{0,14})"\s*$/.exec(match)?.[1]
  if (revision === undefined) throw invalidPrecondition('If-Match: "<revision>"')
  return Number(revision)
}

/** Sends a resource with its revision as the entity tag. */
export function sendResource(reply: FastifyReply, resource: Resource<unknown>): FastifyReply {
  return reply.header('etag', `"${resource.revision}"`).send(publicResource(resource))
}

/** The same for the answer to a PUT, which also tells whether the resource is new. */
export function sendPut(reply: FastifyReply, isNew: boolean, resource: Resource<unknown>): FastifyReply {
  const body = { ...publicResource(resource), created: isNew }
  return reply
    .code(isNew ? 201 : 200)
    .header('etag', `"${resource.revision}"`)
    .send(body)
}

/** Only what the document promises leaves the house, and no secret: views may carry more. */
export function publicResource({ name, spec, revision, createdAtMs, updatedAtMs }: Resource<unknown>) {
  return { name, spec: shown(spec), revision, createdAtMs, updatedAtMs }
}

function invalidPrecondition(wanted: string): AppError {
  return new AppError(
    'http.invalid-request',
    `the precondition cannot be understood: write ${wanted}`,
    retryNever,
    { details: { path: 'headers' } },
  )
}
