import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, type Random, systemRandom } from '@millrace/spi'
import {
  awsAlgorithm,
  type AwsSigV4Verifier,
  createAwsSigV4Verifier,
  type Keys,
  isPrincipal,
  unauthenticated,
} from '../../auth/index.ts'
import { checkEveryAccess } from '../access.ts'
import { BodyBudget } from '../body-budget.ts'
import { askForBody } from '../expect-continue.ts'
import { parseJson } from '../json-body.ts'
import type { HttpLimits } from '../limits.ts'
import type { Permits } from '../permits.ts'
import { readBody } from '../raw-body.ts'
import type { Refuser } from '../refuse.ts'
import { requestTags } from '../request-tags.ts'
import type { Services } from '../services.ts'
import { accessesOfOperation, operationAccess } from './access.ts'
import { ownerOf } from './names.ts'
import { type Answer, type Call, isObject, type Operation } from './operation.ts'
import { operations } from './operations.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { uuidOf } from './uuid.ts'

export interface AwsDoorParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly permits: Permits
  readonly refuse: Refuser
  readonly credentials: Keys
  /** Aborts when the listener closes: from then on connections are not kept alive. */
  readonly closing: AbortSignal
}

const targetHeader = 'x-amz-target'
const targetPrefix = 'AWSEvents.'
const jsonType = 'application/x-amz-json-1.1'
/** Room for a request of 1 MiB whose texts are written with escapes. */
const requestBytesMax = 8_388_608
/** What is counted for a request whose client left before its answer. */
const clientGoneStatus = 499

/** What is known of a request so far, for its answer whatever becomes of it. */
interface Known {
  readonly requestId: string
  route: string
  keyId: string | undefined
  /** For the record of the call. */
  body?: Readonly<Record<string, unknown>>
}

/**
 * The interface that clients of AWS EventBridge speak: AWS JSON 1.1 with Signature Version 4 (section 8 of the AWS protocol). Codecs and names
 * of errors only; the work is done by the services that the platform's own API uses. It takes its requests straight from
 * `node:http`, because the signature can only be judged with the bytes of the body.
 */
export class AwsDoor {
  readonly #parts: AwsDoorParts
  readonly #verifier: AwsSigV4Verifier
  readonly #budget: BodyBudget
  readonly #random: Random

  constructor(parts: AwsDoorParts) {
    const { services, credentials, limits } = parts
    checkEveryAccess('operations of AWS EventBridge', operationAccess, operations.keys())
    this.#parts = parts
    this.#random = systemRandom(services.clock)
    this.#verifier = createAwsSigV4Verifier({ credentials, clock: services.clock, services: ['events'] })
    this.#budget = new BodyBudget(limits.bodiesBytesMax)
  }

  /** Whether a request names an operation, or is signed, as clients of AWS do; whatever its path. */
  static claims({ headers }: IncomingMessage): boolean {
    return headers[targetHeader] !== undefined || headers.authorization?.startsWith('AWS4-') === true
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAtMs = performance.now()
    const known: Known = { requestId: uuidOf(this.#random), route: 'aws', keyId: undefined }
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

  /** The signature is judged before anything of the body is understood. */
  async #answer(request: IncomingMessage, response: ServerResponse, known: Known): Promise<Answer> {
    const { headers, method = '', url = '' } = request
    if (headers.authorization?.startsWith(awsAlgorithm.slice(0, 5)) !== true) throw unauthenticated()
    const head = this.#verifier.head(headers, method, url)
    if (head instanceof AppError) throw head
    known.keyId = head.keyId
    askForBody(request, response, requestBytesMax)
    using held = await readBody(request, requestBytesMax, this.#budget)
    const principal = head.verify(held.bytes)
    if (!isPrincipal(principal)) throw principal
    const { name, operation } = operationOf(request)
    known.route = `aws/${name}`
    const { services } = this.#parts
    const { account } = principal
    const owner = ownerOf(account)
    const place = { region: services.node.region, account }
    const call: Call = {
      services,
      random: this.#random,
      account,
      owner,
      region: head.region,
      permit: input =>
        this.#parts.permits.check(
          principal,
          () => accessesOfOperation(name, input, { owner }, place),
          request,
          () => requestTags(input['Tags']),
        ),
      passRoles: given => {
        const roles = given.filter(role => role !== undefined)
        this.#parts.permits.checkPass(principal, { roles, service: 'eventbridge.aliyuncs.com' }, request)
      },
    }
    const input = inputOf(held.bytes)
    known.body = input
    return await operation.run(call, input)
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
        : refusalOf(new AppError(code, detail, undefined, { details }), status)
    this.#send(response, known, refusal.status, { __type: refusal.code, message: refusal.message })
  }

  #send(response: ServerResponse, { requestId }: Known, status: number, body: Answer): void {
    const text = JSON.stringify(body)
    response.writeHead(status, {
      'content-type': jsonType,
      'content-length': Buffer.byteLength(text),
      'x-amzn-requestid': requestId,
      ...(this.#parts.closing.aborted ? { connection: 'close' } : {}),
    })
    response.end(text)
  }
}

function operationOf({ headers, method }: IncomingMessage): { name: string; operation: Operation } {
  const given = headers[targetHeader]
  const target = typeof given === 'string' ? given : ''
  const name = target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : ''
  const operation = method === 'POST' ? operations.get(name) : undefined
  if (operation !== undefined) return { name, operation }
  const shown = target.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 100)
  throw new Refusal('UnknownOperationException', `There is no operation ${shown}; every operation is a POST.`)
}

function inputOf(body: Uint8Array): Record<string, unknown> {
  const parsed = parseJson(body)
  if (parsed instanceof AppError) throw parsed
  if (!isObject(parsed.value)) throw new Refusal('SerializationException', 'The body is not a JSON object.')
  return parsed.value
}
