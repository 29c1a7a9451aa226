import { AppError, retryNever } from '@millrace/spi'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { formTokenOf } from '../../auth/index.ts'
import type { Application } from '../application.ts'
import type { Refuser } from '../refuse.ts'
import { fromFramework } from '../translate.ts'
import { eventFormBytesMax, field, formBytesMax, formMediaType, takeForms } from './form.ts'
import { homePage, type Published } from './home-page.ts'
import { continuePage, loginPage, refusalPage } from './login-page.ts'
import { type OverviewParts, overview } from './overview.ts'
import { checkOwnSite } from './own-site.ts'
import { pageHeaders, sendPage } from './page.ts'
import { Signing } from './signing.ts'
import { styleSheet } from './style.ts'
import { publishTestEvent } from './test-event.ts'
import type { Visitor } from './visitor.ts'

export interface ConsoleParts extends OverviewParts {
  readonly refuse: Refuser
  /** Aborts when the listener closes. */
  readonly closing: AbortSignal
}

/** Open to all: who is signed in, and what they may, is asked behind these doors. */
const open = { config: { isOpen: true, accepts: [formMediaType] }, schema: { hide: true } }

/** `/console/`: pages of the server itself, which need no script. */
export function consoleRoutes(parts: ConsoleParts): FastifyPluginCallback {
  return (scope, _options, done) => {
    const app = scope as unknown as Application
    const signing = new Signing(parts.services, parts.closing)
    takeForms(app)
    app.setErrorHandler((thrown, request, reply) => answerRefusal(parts, signing, thrown, request, reply))
    app.get('/console', open, (_request, reply) => reply.redirect('/console/', 308))
    app.get('/console/style.css', open, (_request, reply) =>
      reply
        .headers({ ...pageHeaders, 'cache-control': 'max-age=300' })
        .type('text/css; charset=utf-8')
        .send(styleSheet),
    )
    signingRoutes(app, signing)
    visitorRoutes(app, parts, signing)
    done()
  }
}

function signingRoutes(app: Application, signing: Signing): void {
  app.get('/console/login', open, async (request, reply) => {
    if ((await signing.visitor(request)) !== undefined) return reply.redirect('/console/', 303)
    return sendPage(reply, loginPage(signing))
  })

  app.post('/console/login', { ...open, bodyLimit: formBytesMax }, async (request, reply) => {
    checkOwnSite(request, signing.site(request))
    await signing.inByForm(request, reply)
    return goTo(reply, '/console/')
  })

  app.get('/console/oidc', open, async (request, reply) =>
    goTo(reply, await signing.toProvider(request, reply)),
  )

  app.get('/console/oidc/callback', open, async (request, reply) => {
    await signing.inByProvider(request, reply)
    return sendPage(reply, continuePage)
  })
}

function visitorRoutes(app: Application, parts: ConsoleParts, signing: Signing): void {
  app.get('/console/', open, async (request, reply) => {
    const visitor = await signing.visitor(request)
    if (visitor !== undefined) {
      return sendPage(reply, homePage(visitor, await overview(parts, visitor), publishedOf(request)))
    }
    // The cookie does not come along with a link from elsewhere.
    if (request.headers['sec-fetch-site'] === 'cross-site') return sendPage(reply, continuePage)
    return goTo(reply, '/console/login')
  })

  app.post('/console/logout', { ...open, bodyLimit: formBytesMax }, async (request, reply) => {
    await signing.out(await sender(signing, request), reply)
    return goTo(reply, '/console/login')
  })

  app.post('/console/events', { ...open, bodyLimit: eventFormBytesMax }, async (request, reply) => {
    const { bus, position } = await publishTestEvent(parts, await sender(signing, request), randomUUID())
    return goTo(reply, `/console/?${new URLSearchParams({ bus, position }).toString()}#publish`)
  })
}

/** Who sent a form: from our own page, of their own session. */
async function sender(signing: Signing, request: FastifyRequest): Promise<Visitor> {
  checkOwnSite(request, signing.site(request))
  const visitor = await signing.visitor(request)
  if (visitor === undefined) {
    throw new AppError('login.session-missing', 'nobody is signed in, or the session has ended', retryNever)
  }
  const given = Buffer.from(field(request, 'formToken', 256))
  const wanted = Buffer.from(formTokenOf(visitor.token))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new AppError(
      'login.form-stale',
      'this form was made for another session; open the page again',
      retryNever,
    )
  }
  return visitor
}

function goTo(reply: FastifyReply, url: string): FastifyReply {
  return reply.headers(pageHeaders).redirect(url, 303)
}

/** As we have sent somebody here; anything else is shown to nobody. */
function publishedOf(request: FastifyRequest): Published | undefined {
  const { bus, position } = request.query as Readonly<Record<string, unknown>>
  if (typeof bus !== 'string' || typeof position !== 'string') return undefined
  return /^[\w.-]{1,127}$/.test(bus) && /^\d{1,16}$/.test(position) ? { bus, position } : undefined
}

function answerRefusal(
  { refuse }: ConsoleParts,
  signing: Signing,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const known = { raw: request.raw, route: request.routeOptions.url, keyId: undefined }
  const { status, headers, body } = refuse(thrown, known, [fromFramework(request)])
  if (!request.raw.complete) reply.removeHeader('connection')
  const retryAfter = headers['retry-after']
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  const { code, detail, title } = body
  const isLogin = request.routeOptions.url === '/console/login' && code !== 'login.cross-site'
  sendPage(
    reply,
    isLogin
      ? loginPage({ hasProvider: signing.hasProvider, refusal: body })
      : refusalPage(title, detail, code),
    status,
  )
}
