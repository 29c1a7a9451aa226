import { hostname } from 'node:os'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type Random, systemRandom } from '@millrace/spi'
import { createAcs3Verifier, createFcNativeVerifier, directoryOf, type Keys } from '../../auth/index.ts'
import {
  type CorsRequest,
  type HttpTrigger,
  httpTriggersOf,
  newRequestId,
  preflightAnswer,
  withCorsHeaders,
} from '../../functions/index.ts'
import type { FunctionView, HttpAuthSpec } from '../../resources/index.ts'
import { needs } from '../access.ts'
import { BodyBudget } from '../body-budget.ts'
import type { HttpLimits } from '../limits.ts'
import type { Permits } from '../permits.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import { type AnswerParts, sendAnswer } from './answer.ts'
import { checkContentSha256, TriggerBody } from './body.ts'
import { TriggerCalls } from './calls.ts'
import { readWishes, type Wishes } from './control-headers.ts'
import { triggerError } from './errors.ts'
import { createGuard, type Guard, type GuardParts } from './guard.ts'
import { type Claim, claimOf, type Located, locate } from './locate.ts'
import { refusalOf } from './refusal.ts'

export interface TriggerDoorParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly refuse: Refuser
  /** Keys whose signatures count. */
  readonly credentials: Keys
  readonly permits: Permits
  /** The name or address that the server listens on: no domain can stand for it. */
  readonly host: string
  /** Aborts when the listener closes: from then on connections are not kept alive. */
  readonly closing: AbortSignal
}

/**
 * Takes the requests of HTTP triggers straight from `node:http`: those below `/fn/` and those whose host is a domain of
 * an account (function-compute sections 8.2 and 9.3). Everything is decided from the head, the body is read last.
 */
export class TriggerDoor {
  readonly #parts: TriggerDoorParts
  readonly #random: Random
  readonly #budget: BodyBudget
  readonly #calls: TriggerCalls
  readonly #guardParts: GuardParts
  readonly #ownHosts: ReadonlySet<string>
  /** Made once for each form of a function or of its settings. */
  readonly #triggers = new WeakMap<FunctionView, ReadonlyMap<string, HttpTrigger>>()
  readonly #accounts: readonly string[]
  readonly #guards = new WeakMap<HttpAuthSpec, Guard>()

  constructor(parts: TriggerDoorParts) {
    const { clock } = parts.services
    const { credentials } = parts
    this.#parts = parts
    this.#accounts = directoryOf(credentials).accounts
    this.#random = systemRandom(clock)
    this.#budget = new BodyBudget(parts.limits.bodiesBytesMax)
    this.#calls = new TriggerCalls(parts.services, this.#random)
    this.#guardParts = {
      acs3: createAcs3Verifier({ credentials, clock }),
      fcNative: createFcNativeVerifier({ credentials, clock }),
      clock,
    }
    this.#ownHosts = new Set(['localhost', hostname().toLowerCase(), parts.host.toLowerCase()])
  }

  /** `undefined` for a request that is none of a trigger. */
  claim(request: IncomingMessage): Claim | undefined {
    const snapshot = this.#parts.services.resources.snapshots.current()
    const { headers, url = '' } = request
    return claimOf(snapshot, this.#ownHosts, headers.host, url, () => {
      const named = headers['x-fc-account-id']
      const own = this.#accounts
      // A client may go on naming the account that it had in the cloud.
      return typeof named === 'string' && own.includes(named) ? [named, ...own] : own
    })
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, claim: Claim): Promise<void> {
    const startedAtMs = performance.now()
    const { services, closing } = this.#parts
    const isOwnUrl = claim.domain === undefined
    const parts: AnswerParts = {
      request,
      response,
      requestId: newRequestId(services.clock, this.#random),
      isOwnUrl,
      isClosing: closing.aborted,
    }
    let located: Located | undefined
    try {
      const { headers, rawHeaders, url = '' } = request
      const wishes = readWishes(headers, rawHeaders, url)
      located = locate(claim, services.resources.snapshots.current(), this.#triggersOf, url)
      await this.#serve(parts, claim, located, wishes)
    } catch (thrown) {
      this.#refuse(parts, located, thrown)
    }
    const status = response.writableEnded ? response.statusCode : clientGoneStatus
    const route = isOwnUrl ? ownRoute : domainRoute
    services.observer.answered(request.method ?? '', route, status, performance.now() - startedAtMs)
  }

  async #serve(parts: AnswerParts, claim: Claim, located: Located, wishes: Wishes): Promise<void> {
    const { request, response } = parts
    const { headers, method = '', url = '' } = request
    const { view, cors, methods } = located
    const preflight = preflightAnswer(cors, corsRequestOf(request), methods)
    if (preflight !== undefined) {
      sendAnswer(parts, preflight.status, preflight.headers, '')
      return
    }
    if (!methods.includes(method)) {
      const list = methods.join(', ')
      throw triggerError('trigger.method-refused', `the HTTP trigger takes ${list}, not ${method}`)
    }
    if (headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '')) {
      throw triggerError('trigger.upgrade-unsupported', 'connections cannot change to another protocol')
    }
    using body = new TriggerBody(request, response, this.#parts.limits.payloadBytesMax, this.#budget)
    const path = decodeURIComponent(located.path)
    const guarded = { headers, method, url, path, query: located.query, form: () => body.form() }
    const passage = await this.#guardOf(located.auth, view.account)(guarded)
    if (passage.principal !== undefined) {
      this.#parts.permits.checkRoute(passage.principal, invokeAccess, { function: view.name }, request)
    }
    const bytes = await body.read()
    checkContentSha256(passage.contentSha256, bytes)
    const incoming = { parts, host: claim.host, located, wishes, bytes, isForm: body.hasForm }
    await this.#calls.run({ ...incoming, claims: passage.claims ?? [] })
  }

  #refuse(parts: AnswerParts, located: Located | undefined, thrown: unknown): void {
    const { request, response, requestId, isOwnUrl } = parts
    if (response.destroyed || response.headersSent) {
      // Part of an answer is out: only the end of the connection can tell that the rest will not come.
      response.destroy()
      if (thrown instanceof AppError) {
        this.#parts.services.log.debug('an answer was cut off', { requestId, reason: thrown.message })
      }
      return
    }
    const route = isOwnUrl ? ownRoute : domainRoute
    const problem = this.#parts.refuse(thrown, { raw: request, route, keyId: undefined })
    const { status, body } = refusalOf(problem, requestId)
    const challenge = thrown instanceof AppError ? thrown.details?.['challenge'] : undefined
    const { 'retry-after': retryAfter } = problem.headers
    const headers = {
      'content-type': 'application/json',
      ...(typeof challenge === 'string' ? { 'www-authenticate': challenge } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    }
    const origin = located === undefined ? undefined : request.headers.origin
    sendAnswer(parts, status, withCorsHeaders(located?.cors, origin, headers), body)
  }

  readonly #triggersOf = (view: FunctionView): ReadonlyMap<string, HttpTrigger> => {
    const known = this.#triggers.get(view)
    if (known !== undefined) return known
    const triggers = httpTriggersOf(view)
    this.#triggers.set(view, triggers)
    return triggers
  }

  #guardOf(auth: HttpAuthSpec, account: string): Guard {
    const known = this.#guards.get(auth)
    if (known !== undefined) return known
    const guard = createGuard(auth, account, this.#guardParts)
    this.#guards.set(auth, guard)
    return guard
  }
}

/** Names of the routes in the metrics. */
/** A signed request to a trigger invokes its function (function-compute section 11.4). */
const invokeAccess = needs('fc:InvokeFunction', 'functions/:function')

const ownRoute = '/fn/:account/:function'
const domainRoute = 'domain'

/** What is counted for a request whose client left before its answer (function-compute section 2.5). */
const clientGoneStatus = 499

function corsRequestOf({ headers, method = '' }: IncomingMessage): CorsRequest {
  const text = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    method,
    origin: headers.origin,
    wantedMethod: text('access-control-request-method'),
    wantedHeaders: text('access-control-request-headers'),
  }
}
