import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { AppError, Places, type Random, systemRandom } from '@millrace/spi'
import {
  createSlsV1Verifier,
  createSlsV4Verifier,
  type Keys,
  isPrincipal,
  isSlsDigest,
  type Principal,
  slsV1Authorization,
  slsV1Date,
  type SlsV1Verifier,
  slsV4Algorithm,
  type SlsV4Verifier,
} from '../../auth/index.ts'
import { arnOf } from '../access.ts'
import { namesInPath } from '../audit/index.ts'
import { BodyBudget } from '../body-budget.ts'
import { askForBody } from '../expect-continue.ts'
import type { HttpLimits } from '../limits.ts'
import type { Permits } from '../permits.ts'
import { readBody } from '../raw-body.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import { type Answer, type Call, type SlsContext, subjects } from './call.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { type Route, routeOf } from './routes.ts'
import { searchesMax } from './search.ts'
import { defaultProject, parseTarget, type RequestTarget } from './target.ts'

export interface SlsDoorParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly permits: Permits
  readonly refuse: Refuser
  readonly credentials: Keys
  /** Aborts when the listener closes: searches end, and connections are not kept alive. */
  readonly closing: AbortSignal
}

const version = '0.6.0'
/** What is counted for a request whose client left before its answer. */
const clientGoneStatus = 499

/** What is known of a request so far, for its answer whatever becomes of it. */
interface Known {
  readonly requestId: string
  route: string
  keyId: string | undefined
  /** For the record of the call. */
  params?: () => Readonly<Record<string, string>>
  body?: Buffer
}

/**
 * The interface that clients of Alibaba Cloud Log Service speak (version 0.6.0): codecs and names of errors; the entries lie in
 * log stores. It takes its requests straight from `node:http`: the host names the project, and the paths are nobody's alone, so a
 * request is known by its headers.
 */
export class SlsDoor {
  readonly #parts: SlsDoorParts
  readonly #context: SlsContext
  readonly #first: SlsV1Verifier
  readonly #fourth: SlsV4Verifier
  readonly #budget: BodyBudget
  readonly #random: Random

  constructor(parts: SlsDoorParts) {
    const { services, credentials, limits } = parts
    this.#parts = parts
    this.#random = systemRandom(services.clock)
    this.#context = { services, searches: new Places(searchesMax) }
    this.#first = createSlsV1Verifier({ credentials, clock: services.clock })
    this.#fourth = createSlsV4Verifier({ credentials, clock: services.clock })
    this.#budget = new BodyBudget(limits.bodiesBytesMax)
  }

  /** Whether a request is signed, or says the version of its interface, as clients of this one do. */
  static claims({ headers }: IncomingMessage): boolean {
    const { authorization = '' } = headers
    return (
      headers['x-log-apiversion'] !== undefined ||
      authorization.startsWith('LOG ') ||
      authorization.startsWith(slsV4Algorithm)
    )
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAtMs = performance.now()
    const requestId = this.#random
      .id()
      .replaceAll(/[^0-9a-f]/gi, '')
      .slice(0, 24)
      .toUpperCase()
    const known: Known = { requestId: requestId.padEnd(24, '0'), route: 'sls', keyId: undefined }
    this.#parts.services.audit.described(request, known)
    try {
      this.#send(response, known, 200, await this.#answer(request, response, known))
    } catch (thrown) {
      this.#refuse(request, response, known, thrown)
    }
    const status = response.writableEnded ? response.statusCode : clientGoneStatus
    const durationMs = performance.now() - startedAtMs
    this.#parts.services.observer.answered(request.method ?? '', known.route, status, durationMs)
  }

  async #answer(request: IncomingMessage, response: ServerResponse, known: Known): Promise<Answer> {
    const { headers, method = '', url = '' } = request
    const target = parseTarget(url, headers.host ?? '')
    const principal = this.#authenticate(headers, method, target.text)
    known.keyId = principal.keyId
    const route = routeOf(method, target)
    known.route = `sls:${route.path}`
    known.params = () => ({
      project: target.project ?? defaultProject,
      ...namesInPath(route.path, target.path),
    })
    this.#permit(principal, route, target, request)
    const bodyBytesMax = route.operation.bodyBytesMax ?? this.#parts.limits.bodyBytesMax
    askForBody(request, response, bodyBytesMax)
    using held = await readBody(request, bodyBytesMax, this.#budget)
    checkDigests(headers, held.bytes)
    known.body = held.bytes
    const call = {
      account: principal.account,
      headers,
      target,
      project: target.project ?? defaultProject,
      logStore: target.path[1] ?? '',
      body: held.bytes,
      remoteAddress: request.socket.remoteAddress ?? '',
    }
    return await this.#run(route, call, response)
  }

  #permit(principal: Principal, { operation }: Route, target: RequestTarget, request: IncomingMessage): void {
    const { permits } = this.#parts
    const [action, subject] = operation.needs
    const end = subjects[subject](target.project ?? defaultProject, target.path[1] ?? '')
    const place = { region: permits.region, account: principal.account }
    permits.check(principal, () => [{ action, resource: arnOf(action, end, place) }], request)
  }

  async #run(route: Route, call: Omit<Call, 'signal'>, response: ServerResponse): Promise<Answer> {
    const left = new AbortController()
    const onClose = (): void => left.abort(new Error('the client has left'))
    response.once('close', onClose)
    try {
      const signal = AbortSignal.any([left.signal, this.#parts.closing])
      return await route.operation.run(this.#context, { ...call, signal })
    } catch (thrown) {
      if (!this.#parts.closing.aborted || thrown !== this.#parts.closing.reason) throw thrown
      throw new Refusal('ServerBusy', 'the server is closing', 503)
    } finally {
      response.off('close', onClose)
    }
  }

  #authenticate(headers: IncomingHttpHeaders, method: string, url: string): Principal {
    const isFourth = headers.authorization?.startsWith(slsV4Algorithm) === true
    checkHead(headers, isFourth)
    const verdict = (isFourth ? this.#fourth : this.#first).verify(headers, method, url)
    if (!isPrincipal(verdict)) throw verdict
    return verdict
  }

  #refuse(request: IncomingMessage, response: ServerResponse, known: Known, thrown: unknown): void {
    if (response.destroyed || response.headersSent) {
      response.destroy()
      return
    }
    // Also of those that have a code here: it lets the client read the answer while its body is still arriving.
    const problem = this.#parts.refuse(
      thrown instanceof Refusal ? new AppError('http.malformed-request', thrown.message) : thrown,
      {
        raw: request,
        route: known.route,
        keyId: known.keyId,
        code: thrown instanceof Refusal ? thrown.code : undefined,
      },
    )
    const { code, detail, status, quota } = problem.body
    const refusal =
      thrown instanceof Refusal
        ? thrown
        : refusalOf(new AppError(code, detail, undefined, { details: { quota } }), status)
    const json = { errorCode: refusal.code, errorMessage: refusal.message }
    this.#send(response, known, refusal.status, { json })
  }

  /** An empty answer has no type: one client parses whatever is said to be JSON. */
  #send(
    response: ServerResponse,
    { requestId }: Known,
    status: number,
    { json, bytes, headers }: Answer,
  ): void {
    const body = bytes ?? (json === undefined ? '' : JSON.stringify(json))
    response.writeHead(status, {
      'x-log-requestid': requestId,
      'content-length': Buffer.byteLength(body),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
      ...(this.#parts.closing.aborted ? { connection: 'close' } : {}),
    })
    response.end(body)
  }
}

/** Refuses a head in which something is missing that every request has (section 2.9). */
function checkHead(headers: IncomingHttpHeaders, isFourth: boolean): void {
  const { authorization = '' } = headers
  if (!isFourth && !slsV1Authorization.test(authorization)) {
    throw new Refusal('MissAccessKeyId', 'the Authorization header is: LOG {AccessKeyId}:{Signature}')
  }
  const date = isFourth ? String(headers['x-log-date'] ?? '') : slsV1Date(headers)
  if (date === '') throw new Refusal('MissingDate', 'the Date header is required')
  if (!isFourth && Number.isNaN(Date.parse(date))) {
    throw new Refusal('InvalidDateFormat', 'the Date header should be a date of RFC 1123')
  }
  const given = headers['x-log-apiversion']
  if (given === undefined) throw new Refusal('MissingAPIVersion', 'the x-log-apiversion header is required')
  if (given !== version)
    throw new Refusal('InvalidAPIVersion', `the x-log-apiversion header should be ${version}`)
  if (isFourth) return
  const digest = headers['x-log-signaturemethod']
  if (digest === undefined) {
    throw new Refusal('MissingSignatureMethod', 'the x-log-signaturemethod header is required')
  }
  if (!isSlsDigest(String(digest))) {
    throw new Refusal('InvalidSignatureMethod', 'x-log-signaturemethod is hmac-sha1 or hmac-sha256')
  }
}

/** What was signed of the body must be the body's. */
function checkDigests(headers: IncomingHttpHeaders, body: Buffer): void {
  const md5 = headers['content-md5'] ?? ''
  const sha256 = headers['x-log-content-sha256'] ?? ''
  const hex = (name: string): string => createHash(name).update(body).digest('hex')
  const isFourth = headers.authorization?.startsWith(slsV4Algorithm) === true
  const isOther =
    (md5 !== '' && String(md5).toLowerCase() !== hex('md5')) ||
    ((isFourth || sha256 !== '') && sha256 !== hex('sha256'))
  if (isOther)
    throw new Refusal('SignatureNotMatch', 'the digest that was signed is not that of the body', 401)
}
