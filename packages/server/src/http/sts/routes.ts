import { AppError, systemRandom } from '@millrace/spi'
import type { FastifyPluginCallback, FastifyRequest } from 'fastify'
import type { Principal } from '../../auth/index.ts'
import type { Application } from '../application.ts'
import type { Refuser } from '../refuse.ts'
import { checkSignedBody, deniedDetail } from '../rpc-refusal.ts'
import type { Services } from '../services.ts'
import { fromFramework } from '../translate.ts'
import { operations } from './operations.ts'
import { Refusal, refusalOf } from './refusal.ts'

const version = '2015-04-01'
const path = '/'
const bodyBytesMax = 65_536
const jsonType = 'application/json; charset=utf-8'

/**
 * The interface by which clients of Alibaba Cloud take on roles and find out who they are (STS, version 2015-04-01, signed with ACS3). It shares its
 * path with others: the header with the version tells them apart, by a constraint that the first of them has made known.
 */
export function stsRoutes({
  services,
  refuse,
}: {
  readonly services: Services
  readonly refuse: Refuser
}): FastifyPluginCallback {
  const random = systemRandom(services.clock)
  return (parent, _options, done) => {
    const scope = parent as unknown as Application
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.setErrorHandler((thrown, request, reply) => {
      const { refusal, detail } = refused(thrown, request, { services, refuse })
      if (!request.raw.complete) reply.removeHeader('connection')
      const { code: Code, message: Message } = refusal
      const body = { RequestId: random.id(), HostId: request.headers.host, Code, Message, ...detail }
      void reply.code(refusal.status).type(jsonType).send(JSON.stringify(body))
    })
    scope.route({
      method: ['GET', 'POST'],
      url: path,
      schema: { hide: true },
      // AssumeRole asks with what the trust of the role looks at; the other one needs nothing.
      config: { access: 'inside' },
      bodyLimit: bodyBytesMax,
      exposeHeadRoute: false,
      constraints: { acsVersion: version },
      handler: (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        checkSignedBody(request.principal, body)
        const name = String(request.headers['x-acs-action'] ?? '')
        const operation = operations.get(name)
        if (operation === undefined) {
          const shown = name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100)
          throw new Refusal(
            'InvalidAction.NotFound',
            `There is no action ${shown} in version ${version}.`,
            404,
          )
        }
        const answer = operation(services, request, parametersOf(request, body))
        return reply.type(jsonType).send(JSON.stringify({ RequestId: random.id(), ...answer }))
      },
    })
    done()
  }
}

/** Those of the query and of a form. */
function parametersOf({ raw, headers }: FastifyRequest, body: Buffer): ReadonlyMap<string, string> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
  const query = (raw.url ?? '').split('?').slice(1).join('?')
  return new Map([...new URLSearchParams(query), ...new URLSearchParams(isForm ? body.toString() : '')])
}

function refused(
  thrown: unknown,
  request: FastifyRequest,
  { services, refuse }: { readonly services: Services; readonly refuse: Refuser },
): { readonly refusal: Refusal; readonly detail: object } {
  if (thrown instanceof Refusal) {
    services.audit.refused(request.raw, thrown.code, thrown.message)
    return { refusal: thrown, detail: {} }
  }
  const keyId = (request.principal as Principal | undefined)?.keyId
  const problem = refuse(thrown, { raw: request.raw, route: path, keyId }, [fromFramework(request)])
  const { code, detail: message, ...details } = problem.body
  const error = new AppError(code, message, undefined, { details })
  return { refusal: refusalOf(error, problem.status), detail: deniedDetail(error) }
}
