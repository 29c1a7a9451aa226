import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  CloudEventError,
  type EventText,
  ResolvedOptions,
  scanBatch,
  scanBinary,
  scanStructured,
} from '@millrace/cloudevents'
import { AppError, assert } from '@millrace/spi'
import type { Authenticator, Principal } from '../../auth/index.ts'
import { isPrincipal } from '../../auth/index.ts'
import { type AcceptOutcome, engineAttributePrefix } from '../../ingest/index.ts'
import { busKey, type BusView, notFound } from '../../resources/index.ts'
import { problemMediaType } from '../error-body.ts'
import { BodyBudget } from '../body-budget.ts'
import { needs } from '../access.ts'
import { askForBody } from '../expect-continue.ts'
import type { HttpLimits } from '../limits.ts'
import type { Permits } from '../permits.ts'
import { readBody } from '../raw-body.ts'
import type { Refuser } from '../refuse.ts'
import type { Services } from '../services.ts'
import { fromCloudEvents } from '../translate.ts'
import { acceptedText, batchText, wholeBatchRefused } from './publish-answer.ts'
import { publishMode } from './publish-mode.ts'

export interface PublishDoorParts {
  readonly services: Services
  readonly limits: HttpLimits
  readonly authenticate: Authenticator
  readonly permits: Permits
  readonly refuse: Refuser
  /** Aborts when the listener closes: from then on connections are not kept alive. */
  readonly closing: AbortSignal
}

/**
 * Takes publishing requests straight from `node:http`. It is the one operation that is called for every event, and the
 * framework's part in a request (a fifth of its processor time, measured) buys it nothing: no parameters to validate,
 * a body that stays bytes, an answer that is a string.
 */
export class PublishDoor {
  private readonly parts: PublishDoorParts
  private readonly options: ResolvedOptions
  private readonly budget: BodyBudget

  constructor(parts: PublishDoorParts) {
    this.parts = parts
    const { publishBytesMax, bodiesBytesMax } = parts.limits
    this.budget = new BodyBudget(bodiesBytesMax)
    // The limit of the bus is judged by ingest, which knows the bus; here only the body bounds an event.
    this.options = new ResolvedOptions({
      eventBytesMax: publishBytesMax,
      batchBytesMax: publishBytesMax,
      watchPrefix: engineAttributePrefix,
    })
  }

  /** The bus of a publishing request; `undefined` for every other request, which is the framework's. */
  static busOf(request: IncomingMessage): string | undefined {
    const { method, url = '' } = request
    if (method !== 'POST' || !url.startsWith(pathStart) || !url.endsWith(pathEnd)) return undefined
    const bus = url.slice(pathStart.length, -pathEnd.length)
    return plainName.test(bus) ? bus : undefined
  }

  /** Answers the request, whatever becomes of it. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, bus: string): Promise<void> {
    const startedAtMs = performance.now()
    let principal: Principal | undefined
    try {
      const decision = this.parts.authenticate(request.headers, 'POST', request.url ?? '')
      if (!isPrincipal(decision)) throw decision
      principal = decision
      this.parts.permits.checkRoute(principal, publishAccess, { bus }, request)
      await this.publish(request, response, this.bus(principal.account, bus))
    } catch (thrown) {
      const known = { raw: request, route: routeName, keyId: principal?.keyId }
      const { status, headers, body } = this.parts.refuse(thrown, known)
      this.send(response, status, problemMediaType, JSON.stringify(body), headers)
    }
    const durationMs = performance.now() - startedAtMs
    this.parts.services.observer.answered('POST', routeName, response.statusCode, durationMs)
  }

  private async publish(request: IncomingMessage, response: ServerResponse, bus: BusView): Promise<void> {
    const mode = publishMode(request.headers)
    const { publishBytesMax } = this.parts.limits
    askForBody(request, response, publishBytesMax)
    using held = await readBody(request, publishBytesMax, this.budget)
    const body = held.bytes
    if (mode === 'batch') {
      await this.publishBatch(response, bus, body)
      return
    }
    const event =
      mode === 'structured'
        ? scanStructured(body, this.options)
        : scanBinary(request.headers, body, this.options)
    this.takeEvents(bus, 1)
    const [outcome] = await this.parts.services.ingest.accept(bus, [event])
    assert(outcome !== undefined, 'ingest gives one outcome for each event')
    if (outcome.status === 'refused') throw outcome.error
    this.send(response, 200, jsonType, acceptedText(outcome))
  }

  private async publishBatch(response: ServerResponse, bus: BusView, body: Buffer): Promise<void> {
    const scanned = scanBatch(body, this.options)
    const events = scanned.filter((item): item is EventText => !(item instanceof CloudEventError))
    this.takeEvents(bus, events.length)
    const accepted = events.length === 0 ? [] : await this.parts.services.ingest.accept(bus, events)
    const outcomes = events.length === scanned.length ? accepted : interleave(scanned, accepted)
    const refused = outcomes.filter(outcome => outcome.status === 'refused')
    const [first] = refused
    if (first !== undefined && refused.length === outcomes.length)
      throw wholeBatchRefused(first.error, outcomes)
    this.send(response, first === undefined ? 200 : 207, jsonType, batchText(outcomes, refused.length))
  }

  /** Throws `quota.rate-exceeded`; a batch is taken as a whole, or refused as one. */
  private takeEvents(bus: BusView, count: number): void {
    const refusal = this.parts.services.quotas.takeEvents(bus, count)
    if (refusal !== undefined) throw refusal
  }

  private bus(account: string, name: string): BusView {
    const bus = this.parts.services.resources.snapshots.current().buses.get(busKey(account, name))
    if (bus === undefined) throw notFound('bus', name)
    return bus
  }

  private send(
    response: ServerResponse,
    status: number,
    contentType: string,
    text: string,
    further?: Readonly<Record<string, string>>,
  ): void {
    const headers: Record<string, string | number> = {
      ...further,
      'content-type': contentType,
      'content-length': Buffer.byteLength(text),
    }
    if (this.parts.closing.aborted) headers['connection'] = 'close'
    response.writeHead(status, headers)
    response.end(text)
  }
}

/** What publishing needs, whatever the way it comes. */
export const publishAccess = needs('eventbridge:PutEvents', 'eventbus/:bus')

const pathStart = '/api/v1/buses/'
const pathEnd = '/events'
/** Whatever else a path may hold, escapes included, is left to the framework's router. */
const plainName = /^[\w.-]+$/
const routeName = '/api/v1/buses/:bus/events'
const jsonType = 'application/json; charset=utf-8'

/** Puts the outcomes of the good events back among those that were refused while scanning. */
function interleave(
  scanned: readonly (EventText | CloudEventError)[],
  accepted: readonly AcceptOutcome[],
): AcceptOutcome[] {
  let next = 0
  return scanned.map(item => {
    if (item instanceof CloudEventError) {
      return {
        status: 'refused',
        id: undefined,
        error: fromCloudEvents(item) ?? new AppError(item.code, item.message),
      }
    }
    const outcome = accepted[next++]
    assert(outcome !== undefined, 'ingest gives one outcome for each event')
    return outcome
  })
}
