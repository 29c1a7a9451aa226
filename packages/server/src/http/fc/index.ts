import { systemRandom } from '@millrace/spi'
import type { FastifyPluginCallback } from 'fastify'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import { accessOfAction } from './access.ts'
import type { FcAction } from './action-table.ts'
import type { Handler } from './call.ts'
import { codeLinkPath, CodeLinks } from './code-links.ts'
import { generation2, generation2Handlers, generation2Versions } from './generation2/index.ts'
import { generation3, generation3Handlers, generation3Version } from './generation3/index.ts'
import type { FcParts } from './parts.ts'
import { pathNotSupported, refuser, RequestIds, respond } from './respond.ts'

export { compatibleInterfaces } from './actions.ts'

export interface FunctionComputeParts {
  readonly services: Services
  readonly refuse: Refuser
  readonly limits: HttpLimits
}

/** Where paths of the interface begin: what its signatures count for. */
export const functionComputePaths: readonly string[] = ['/2023-03-30/', '/2021-04-06/', '/2016-08-15/']

/**
 * The interface that clients of Alibaba Cloud Function Compute speak, in its two generations. Codecs and names of errors
 * only; the work is done by the services that the platform's own API uses.
 */
export function functionComputeRoutes(given: FunctionComputeParts): FastifyPluginCallback {
  const { services, refuse, limits } = given
  return (parent, _options, done) => {
    const random = systemRandom(services.clock)
    const links = new CodeLinks(services.identity.stamp, services.clock)
    const parts: FcParts = { services, random, links, limits }
    const ids = new RequestIds(parts)
    const versions: readonly VersionActions[] = [
      [generation3Version, generation3.actions, generation3Handlers(parts)],
      ...generation2Versions.map(version => {
        const entry: VersionActions = [version, generation2.actions, generation2Handlers(parts, version)]
        return entry
      }),
    ]
    for (const [version, actions, handlers] of versions) {
      parent.register(
        (scope, _scopeOptions, ready) => {
          addActions(scope, { services, actions, handlers, limits, ids, refuse })
          if (codeLinkPath.startsWith(`/${version}/`)) addCodeLink(scope, parts)
          ready()
        },
        { prefix: `/${version}` },
      )
    }
    done()
  }
}

type VersionActions = readonly [
  version: string,
  actions: readonly FcAction[],
  handlers: Readonly<Record<string, Handler>>,
]

interface Actions {
  readonly services: Services
  readonly actions: readonly FcAction[]
  readonly handlers: Readonly<Record<string, Handler>>
  readonly limits: HttpLimits
  readonly ids: RequestIds
  readonly refuse: Refuser
}

function addActions(app: Application, { services, actions, handlers, limits, ids, refuse }: Actions): void {
  const refuseHere = refuser(services, refuse, ids)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
  app.setErrorHandler(refuseHere)
  app.setNotFoundHandler((request, reply) => refuseHere(pathNotSupported(request), request, reply))
  for (const action of actions) {
    const { name } = action
    const handler = handlers[name]
    if (handler === undefined) throw new Error(`nothing does the action ${name}`)
    for (const { method, path } of action.also === undefined ? [action] : [action, action.also]) {
      app.route({
        method,
        url: path,
        schema: { hide: true },
        config: { access: accessOfAction(action, path), ...tagsOf(action) },
        bodyLimit: bodyLimitOf(path, limits),
        handler: (request, reply) => respond(services, ids, handler, request, reply),
      })
    }
  }
}

/** Definitions and layers bring their code in the body, in base64. */
function bodyLimitOf(path: string, limits: HttpLimits): number {
  if (path.endsWith('/invocations')) return limits.payloadBytesMax
  const bringsCode = /\/functions(?:\/:function)?$|\/layers\/:layer\/versions$/.test(path)
  return bringsCode ? Math.ceil((limits.codeBytesMax * 4) / 3) + limits.bodyBytesMax : limits.bodyBytesMax
}

/** What the links to code lead to: whoever has one may read that package, and nobody else. */
function addCodeLink(app: Application, { services, links }: FcParts): void {
  app.get<{ Params: { code: string } }>(
    '/code-packages/:code',
    { schema: { hide: true }, config: { isOpen: true } },
    async (request, reply) => {
      const { code } = request.params
      links.check(code, new URLSearchParams((request.raw.url ?? '').split('?')[1] ?? ''))
      const zip = await services.functions.codeZip(code)
      return reply.type('application/zip').send(Buffer.from(zip))
    },
  )
}

/** Where requests give tags. */
const tagMembers: Readonly<Record<string, string>> = {
  CreateFunction: 'tags',
  UpdateFunction: 'tags',
  TagResources: 'Tag',
}

function tagsOf({ name }: FcAction): { tagsIn?: string } {
  const tagsIn = tagMembers[name]
  return tagsIn === undefined ? {} : { tagsIn }
}
