import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type Random, systemRandom } from '@millrace/spi'
import {
  createMnsVerifier,
  type Keys,
  isPrincipal,
  mnsAuthorization,
  mnsDate,
  type MnsVerifier,
  type Principal,
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
import type { Answer, Call, MnsContext } from './call.ts'
import { Refusal, refusalOf, type Subject } from './refusal.ts'
import { type Route, routeOf } from './routes.ts'
import { isMnsUrl, parseTarget, type RequestTarget } from './target.ts'
import { parseXml, textsOf } from './xml-in.ts'
import { node, xmlDocument, xmlType } from './xml-out.ts'

export interface MnsDoorParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly permits: Permits
  readonly refuse: Refuser
  readonly credentials: Keys
  /** Aborts when the listener closes: receives that wait end, and connections are not kept alive. */
  readonly closing: AbortSignal
}

const version = '2015-06-06'
/** What is counted for a request whose client left before its answer. */
const clientGoneStatus = 499

/** What is known of a request so far, for its answer whatever becomes of it. */
interface Known {
  readonly requestId: string
  readonly base: string
  route: string
  subject: Subject
  keyId: string | undefined
  /** For the record of the call. */
  params?: () => Readonly<Record<string, string>>
  body?: () => Readonly<Record<string, string>>
}

/**
 * The interface that clients of Alibaba Cloud MNS speak, at `/queues` and `/topics` (version 2015-06-06): codecs and names of
 * errors; the work is done by the services that the platform's own API uses. It takes its requests straight from
 * `node:http`: programs behind a proxy setting send whole URLs, and what is signed is the target as it was sent.
 */
export class MnsDoor {
  readonly #parts: MnsDoorParts
  readonly #context: MnsContext
  readonly #verifier: MnsVerifier
  readonly #budget: BodyBudget
  readonly #random: Random

  constructor(parts: MnsDoorParts) {
    const { services, credentials, limits } = parts
    this.#parts = parts
    this.#random = systemRandom(services.clock)
    this.#context = { services, random: this.#random }
    this.#verifier = createMnsVerifier({ credentials, clock: services.clock })
    this.#budget = new BodyBudget(limits.bodiesBytesMax)
  }

  static claims({ url = '' }: IncomingMessage): boolean {
    return isMnsUrl(url)
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAtMs = performance.now()
    const known: Known = {
      requestId: this.#random.id().slice(0, 24).toUpperCase(),
      base: `http://${request.headers.host ?? 'localhost'}`,
      route: 'none',
      subject: 'queue',
      keyId: undefined,
    }
    this.#parts.services.audit.described(request, known)
    try {
      this.#send(response, known, await this.#answer(request, response, known))
    } catch (thrown) {
      this.#refuse(request, response, known, thrown)
    }
    const status = response.writableEnded ? response.statusCode : clientGoneStatus
    const durationMs = performance.now() - startedAtMs
    this.#parts.services.observer.answered(request.method ?? '', known.route, status, durationMs)
  }

  async #answer(request: IncomingMessage, response: ServerResponse, known: Known): Promise<Answer> {
    const target = parseTarget(request.url ?? '')
    const method = request.method ?? ''
    const principal = this.#authenticate(request.headers, method, target)
    known.keyId = principal.keyId
    const route = routeOf(method, target)
    known.route = route.path
    known.subject = route.operation.subject
    known.params = () => namesInPath(route.path, target.path)
    this.#permit(principal, route, target, request)
    const { bodyBytesMax } = this.#parts.limits
    askForBody(request, response, bodyBytesMax)
    using held = await readBody(request, bodyBytesMax, this.#budget)
    checkDigest(request.headers, held.bytes)
    const body = parseXml(held.bytes)
    known.body = () => textsOf(body)
    const call = { account: principal.account, headers: request.headers, target, body, base: known.base }
    return await this.#run(route, call, response)
  }

  async #run(route: Route, call: Omit<Call, 'signal'>, response: ServerResponse): Promise<Answer> {
    const left = new AbortController()
    const onClose = (): void => left.abort(new Error('the client has left'))
    response.once('close', onClose)
    try {
      const signal = AbortSignal.any([left.signal, this.#parts.closing])
      return await route.operation.run(this.#context, { ...call, signal })
    } catch (thrown) {
      // A receive that waited while the server closes had nothing to receive.
      if (!this.#parts.closing.aborted || thrown !== this.#parts.closing.reason) throw thrown
      throw new Refusal('MessageNotExist', 'Message not exist.', 404)
    } finally {
      response.off('close', onClose)
    }
  }

  /** The path is the name of the resource (identity section 3.3). */
  #permit(principal: Principal, { operation }: Route, target: RequestTarget, request: IncomingMessage): void {
    const { permits } = this.#parts
    const place = { region: permits.region, account: principal.account }
    const path = target.path.filter(part => part !== '').join('/')
    permits.check(
      principal,
      () => {
        const action = operation.action(target)
        return [{ action, resource: arnOf(action, `/${path}`, place) }]
      },
      request,
    )
  }

  #authenticate(headers: IncomingHttpHeaders, method: string, target: RequestTarget): Principal {
    checkHead(headers)
    const verdict = this.#verifier.verify(headers, method, target.text)
    if (!isPrincipal(verdict)) throw verdict
    const owner = /^(\d+)\.mns\./.exec(headers.host ?? '')?.[1]
    if (owner === undefined || owner === verdict.account) return verdict
    throw new Refusal('AccessDenied', 'The access key belongs to another account than the host name.', 403)
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
    const { code, detail, status, type: _type, title: _title, ...details } = problem.body
    const refusal =
      thrown instanceof Refusal
        ? thrown
        : refusalOf(new AppError(code, detail, undefined, { details }), status, known.subject)
    const body = node('Error', [
      node('Code', refusal.code),
      node('Message', refusal.message),
      node('RequestId', known.requestId),
      node('HostId', known.base),
    ])
    this.#send(response, known, { status: refusal.status, body })
  }

  #send(response: ServerResponse, { requestId }: Known, { status, body, location }: Answer): void {
    const text = body === undefined ? '' : xmlDocument(body)
    response.writeHead(status, {
      'x-mns-request-id': requestId,
      'x-mns-version': version,
      ...(body === undefined ? {} : { 'content-type': xmlType }),
      ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
      ...(location === undefined ? {} : { location }),
      ...(this.#parts.closing.aborted ? { connection: 'close' } : {}),
    })
    response.end(text)
  }
}

/** Refuses a head in which something is missing that every request has (section 1.4). */
function checkHead(headers: IncomingHttpHeaders): void {
  if (headers.authorization === undefined) {
    throw new Refusal('MissingAuthorizationHeader', 'The Authorization header is required.', 400)
  }
  if (!mnsAuthorization.test(headers.authorization)) {
    throw new Refusal(
      'InvalidAuthorizationHeader',
      'The Authorization header should be: MNS {AccessKeyId}:{Signature}.',
      400,
    )
  }
  const date = mnsDate(headers)
  if (date === '') throw new Refusal('MissingDateHeader', 'The Date header is required.', 400)
  if (Number.isNaN(Date.parse(date))) {
    throw new Refusal('InvalidDateHeader', 'The Date header should be a date of RFC 1123.', 400)
  }
  const given = headers['x-mns-version']
  if (given === undefined) {
    throw new Refusal('MissingVersionHeader', 'The x-mns-version header is required.', 400)
  }
  if (given !== version) {
    throw new Refusal('InvalidVersionHeader', `The x-mns-version header should be ${version}.`, 400)
  }
}

/** Clients disagree on what the header holds: base64 of the digest's hex text, or of its bytes. */
function checkDigest(headers: IncomingHttpHeaders, body: Buffer): void {
  const given = headers['content-md5']
  if (given === undefined || given === '') return
  const digest = createHash('md5').update(body)
  const bytes = digest.digest()
  const written = [bytes.toString('base64'), Buffer.from(bytes.toString('hex')).toString('base64')]
  if (written.includes(String(given))) return
  throw new Refusal('InvalidDegist', 'The Content-MD5 is not that of the body.', 400)
}
