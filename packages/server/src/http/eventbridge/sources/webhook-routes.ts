import type { DoorAnswer, Random } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Application } from '../../application.ts'
import type { Services } from '../../services.ts'
import { Refusal } from '../refusal.ts'
import { requestId } from '../request-id.ts'
import { WebhookTokens } from './tokens.ts'
import { webhookPath } from './view.ts'

const bodyBytesMax = 1_048_576
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

/** The address of webhooks: nobody is authenticated but by the token, which the source compares once more. */
export function webhookRoutes(scope: Application, services: Services, random: Random): void {
  const tokens = new WebhookTokens()
  scope.route({
    method: [...methods],
    url: webhookPath,
    schema: { hide: true },
    config: { isOpen: true },
    bodyLimit: bodyBytesMax,
    exposeHeadRoute: false,
    // Before the body is read: who does not know a token sends none.
    onRequest: (request, _reply, next) => {
      streamOf(services, tokens, request)
      next()
    },
    handler: async (request, reply) => {
      const answer = await take(services, tokens, request, reply)
      const id = acceptedId(answer)
      const EntryList = [{ EventId: id, ErrorCode: 'Success' }]
      const body = { RequestId: requestId(random), FailedEntryCount: 0, EntryList }
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
    },
  })
}

/** The key of the stream that the token is for. Throws `EventSourceNotExist`. */
function streamOf(services: Services, tokens: WebhookTokens, request: FastifyRequest): string {
  const { token } = request.query as { token?: string | string[] }
  const snapshot = services.resources.snapshots.current()
  const key = typeof token === 'string' ? tokens.find(token, snapshot) : undefined
  if (key !== undefined) return key
  throw new Refusal('EventSourceNotExist', 'no event source has this token', 404)
}

async function take(
  services: Services,
  tokens: WebhookTokens,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<DoorAnswer> {
  const door = services.doors.at(streamOf(services, tokens, request))
  if (door === undefined) {
    throw new Refusal('InternalError', 'the event source is starting or cannot run; come again', 503)
  }
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const headers = Object.entries(request.raw.headersDistinct).map(([name, values = []]): [string, string] => [
    name,
    values.join(', '),
  ])
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return await door.handle(
    {
      method: request.method,
      target: request.raw.url ?? webhookPath,
      headers: Object.fromEntries(headers),
      remoteAddress: request.ip.replace(/^::ffff:/, ''),
      body,
    },
    gone.signal,
  )
}

/** The id of the event; refuses in the words of this interface what the source has refused. */
function acceptedId({ status, body }: DoorAnswer): string {
  const members = JSON.parse(body ?? '{}') as { id?: string; detail?: string }
  const { id = '', detail = 'the request was refused' } = members
  switch (status) {
    case 200:
      return id
    case 401:
    case 403:
    case 405:
      throw new Refusal('PutEventsRequestSecurityCheckFailed', detail)
    case 400:
      throw new Refusal('JsonAttributeInvalid', detail)
    case 413:
      throw new Refusal('EventSizeExceed', detail)
    default:
      throw new Refusal('InternalError', detail, 503)
  }
}
