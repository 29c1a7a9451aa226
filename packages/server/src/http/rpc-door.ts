import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Random, systemRandom } from '@millrace/spi'
import {
  createRpcSignatureVerifier,
  isPrincipal,
  type Keys,
  type RpcSignatureVerifier,
} from '../auth/index.ts'
import type { PresentedKey } from './audit/index.ts'
import { BodyBudget } from './body-budget.ts'
import { askForBody } from './expect-continue.ts'
import type { HttpLimits } from './limits.ts'
import { readBody } from './raw-body.ts'
import {
  isRpcForm,
  rpcAnswerType,
  rpcBodyBytesMax,
  rpcParametersOf,
  rpcRefused,
  RpcRefusal,
  type RpcService,
  type RpcServiceParts,
} from './rpc-service.ts'

export interface RpcDoorParts extends RpcServiceParts {
  readonly limits: HttpLimits
  readonly credentials: Keys
  /** Aborts when the listener closes: from then on connections are not kept alive. */
  readonly closing: AbortSignal
}

/** What is counted for a request whose client left before its answer. */
const clientGoneStatus = 499

/** What is known of a request so far, for its answer whatever becomes of it. */
interface Known {
  readonly requestId: string
  service: RpcService
  action: string
  keyId: string | undefined
  /** For the record of the call. */
  body?: Readonly<Record<string, string>>
  presented?: PresentedKey
}

/**
 * The services of the RPC style for older clients, which sign all parameters (identity section 4.4). It takes its requests straight from
 * `node:http`, because a signature over a form can only be judged with the bytes of the body.
 */
export class RpcDoor {
  readonly #parts: RpcDoorParts
  readonly #services: ReadonlyMap<string, RpcService>
  readonly #anyService: RpcService
  readonly #verifier: RpcSignatureVerifier
  readonly #budget: BodyBudget
  readonly #random: Random

  constructor(parts: RpcDoorParts, services: readonly [RpcService, ...RpcService[]]) {
    const { credentials, limits } = parts
    const { clock } = parts.services
    this.#parts = parts
    this.#services = new Map(services.map(service => [service.version, service]))
    this.#anyService = services[0]
    this.#random = systemRandom(clock)
    this.#verifier = createRpcSignatureVerifier({ credentials, clock })
    this.#budget = new BodyBudget(limits.bodiesBytesMax)
  }

  /** Whether a request is signed so: by its query, or, as far as its head tells, by a form. */
  static claims({ headers, method, url = '' }: IncomingMessage): boolean {
    if (headers.authorization !== undefined || !/^\/(?:\?|$)/.test(url)) return false
    return /[?&]SignatureVersion=/.test(url) || (method === 'POST' && isRpcForm(headers))
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAtMs = performance.now()
    const requestId = this.#random.id()
    const known: Known = { requestId, service: this.#anyService, action: '', keyId: undefined }
    const { audit, observer } = this.#parts.services
    audit.described(request, known)
    try {
      const answer = await this.#answer(request, response, known)
      this.#send(response, 200, { RequestId: requestId, ...answer })
    } catch (thrown) {
      this.#refuse(request, response, known, thrown)
    }
    const status = response.writableEnded ? response.statusCode : clientGoneStatus
    observer.answered(request.method ?? '', 'rpc', status, performance.now() - startedAtMs)
  }

  async #answer(request: IncomingMessage, response: ServerResponse, known: Known): Promise<object> {
    askForBody(request, response, rpcBodyBytesMax)
    using held = await readBody(request, rpcBodyBytesMax, this.#budget)
    const parameters = rpcParametersOf(request, held.bytes)
    const { AccessKeyId: keyId, SecurityToken: token, Signature: _, ...body } = Object.fromEntries(parameters)
    known.keyId = keyId?.slice(0, 128)
    known.body = body
    if (known.keyId !== undefined) known.presented = { keyId: known.keyId, token }
    known.service = this.#services.get(parameters.get('Version') ?? '') ?? this.#anyService
    known.action = parameters.get('Action') ?? ''
    const principal = this.#verifier.verify(request.method ?? '', parameters)
    if (!isPrincipal(principal)) throw principal
    if (known.service.version !== parameters.get('Version')) {
      const versions = [...this.#services.keys()].join(' and ')
      throw new RpcRefusal('InvalidVersion', `The parameter "Version" is ${versions} here.`)
    }
    if ((parameters.get('Format') ?? 'JSON').toUpperCase() !== 'JSON') {
      throw new RpcRefusal('InvalidParameter.Format', 'Answers are JSON here.')
    }
    return await known.service.answer({ action: known.action, parameters, principal, raw: request })
  }

  #refuse(request: IncomingMessage, response: ServerResponse, known: Known, thrown: unknown): void {
    if (response.destroyed || response.headersSent) {
      response.destroy()
      return
    }
    const { status, body } = rpcRefused(known.service, this.#parts, { raw: request, ...known }, thrown)
    this.#send(response, status, body)
  }

  #send(response: ServerResponse, status: number, body: object): void {
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': rpcAnswerType,
      'content-length': Buffer.byteLength(text),
      ...(this.#parts.closing.aborted ? { connection: 'close' } : {}),
    })
    response.end(text)
  }
}
