import { hash } from 'node:crypto'
import { AppError, type Random } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../auth/index.ts'
import { newRequestId } from '../../functions/index.ts'
import { checkPass } from '../pass-role.ts'
import type { Refuser } from '../refuse.ts'
import { factsOf } from '../request-facts.ts'
import type { Services } from '../services.ts'
import { fromFramework } from '../translate.ts'
import type { Call, Handler } from './call.ts'
import type { FcParts } from './parts.ts'
import { Refusal, refusalBody, refusalOf } from './refusal.ts'

const requestIdHeader = 'x-fc-request-id'
const jsonType = 'application/json'

/** Ids of the requests in progress: every answer carries one, also that to a request which was refused unread. */
export class RequestIds {
  readonly #parts: Pick<FcParts, 'services'> & { readonly random: Random }
  readonly #ids = new WeakMap<FastifyRequest, string>()

  constructor(parts: Pick<FcParts, 'services' | 'random'>) {
    this.#parts = parts
  }

  of(request: FastifyRequest): string {
    const known = this.#ids.get(request)
    if (known !== undefined) return known
    const id = newRequestId(this.#parts.services.clock, this.#parts.random)
    this.#ids.set(request, id)
    return id
  }
}

/** Runs one action and sends its answer, unless it has sent one itself. */
export async function respond(
  services: Services,
  ids: RequestIds,
  handler: Handler,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const requestId = ids.of(request)
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  checkBody(request, body)
  const { account, keyId } = request.principal
  const call: Call = {
    account,
    keyId,
    params: (request.params ?? {}) as Record<string, string>,
    query: lastOf(request.query),
    headers: request.headers,
    body,
    origin: originOf(request),
    passRole: role => {
      checkPass(services, request.principal, passedRole(role), factsOf(request.raw))
    },
    requestId,
    reply,
  }
  reply.header(requestIdHeader, requestId)
  const { body: answer, headers } = await handler(call)
  if (reply.sent) return reply
  if (headers !== undefined) reply.headers(headers)
  return answer === undefined ? reply.code(204).send() : reply.type(jsonType).send(JSON.stringify(answer))
}

function passedRole(role: unknown) {
  return {
    roles: typeof role === 'string' && role !== '' ? [role] : [],
    service: 'fc.aliyuncs.com',
  } as const
}

/** Answers every failure in the words of the interface. */
export function refuser({ audit }: Services, refuse: Refuser, ids: RequestIds) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { raw } = request
    const route = request.is404 ? undefined : request.routeOptions.url
    const keyId = (request.principal as Principal | undefined)?.keyId
    let refusal: Refusal
    if (thrown instanceof Refusal) {
      refusal = thrown
      audit.refused(raw, refusal.code, refusal.message)
    } else {
      const problem = refuse(thrown, { raw, route, keyId }, [fromFramework(request)])
      const { code, detail, ...details } = problem.body
      refusal = refusalOf(new AppError(code, detail, undefined, { details }), problem.status)
      reply.headers(problem.headers)
    }
    // The framework asks to close after a refusal; whether that is needed is decided by how the request ends.
    if (!raw.complete) reply.removeHeader('connection')
    const id = ids.of(request)
    void reply.code(refusal.status).header(requestIdHeader, id).type(jsonType).send(refusalBody(refusal, id))
  }
}

export function pathNotSupported(request: FastifyRequest): Refusal {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
  const shown = path.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200)
  return new Refusal(
    400,
    'PathNotSupported',
    `path '${shown}' does not support the method '${request.method}'`,
  )
}

/** The body must be the one that was signed: by its SHA-256, or by a `content-md5` that the signature covers. */
function checkBody({ principal, headers }: FastifyRequest, body: Buffer): void {
  const { contentSha256 } = principal
  const isSigned = contentSha256 === undefined || hash('sha256', body) === contentSha256
  if (isSigned && (contentSha256 !== undefined || hasMd5(headers['content-md5'], body))) return
  throw new AppError('auth.signature-mismatch', 'the body is not the one whose hash was signed')
}

/** Base64 of the digest, or of its hex text, which is what the client of the second generation sends. */
function hasMd5(given: string | readonly string[] | undefined, body: Buffer): boolean {
  if (given === undefined || given === '') return true
  const digest = hash('md5', body, 'buffer')
  return (
    given === digest.toString('base64') || given === Buffer.from(digest.toString('hex')).toString('base64')
  )
}

function lastOf(query: unknown): Record<string, string> {
  const entries = Object.entries((query ?? {}) as Record<string, string | string[]>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : (value.at(-1) ?? '')]),
  )
}

/**
 * Where the client reached us. The client of the second generation leaves the port out of `Host`: an address of this
 * machine without one gets that of the connection.
 */
function originOf({ raw, headers }: FastifyRequest): string {
  const host = headers.host ?? 'localhost'
  const { localPort } = raw.socket
  const isBare = /^(?:localhost|\d+\.\d+\.\d+\.\d+|\[[^\]]*\])$/.test(host)
  return `http://${host}${isBare && localPort !== undefined && localPort !== 80 ? `:${localPort}` : ''}`
}
