import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EventText } from '@millrace/cloudevents'
import type { Clock, PluginLog, Random } from '@millrace/spi'
import type { Access, Identity, Principal } from '../../auth/index.ts'
import type { Ingest } from '../../ingest/index.ts'
import type { AuditObserver } from '../../observability/index.ts'
import { busKey, defaultBusName, type Resources } from '../../resources/index.ts'
import { factsOf } from '../request-facts.ts'
import { apiCallEvent, type EndedCall } from './api-call.ts'
import { recordedParameters } from './parameters.ts'
import { presentedKey } from './presented-key.ts'
import { kindOf } from './recorded-actions.ts'
import { WaitingCalls } from './waiting-calls.ts'

/** Events that are made and appended together: few, so that requests that come meanwhile are not held up. */
const batchMax = 16
/** A line in the log about drops, at most so often. */
const dropLogEveryMs = 10_000

/** Refusals of somebody whose key is known, but who did not prove to have it. */
const failedAuthentication = /^auth\.(?:unauthenticated|key-disabled|nonce-used|signature-|token-)/

export interface AuditTrailParts {
  readonly ingest: Pick<Ingest, 'accept'>
  readonly resources: Pick<Resources, 'snapshots'>
  readonly identity: Pick<Identity, 'keys'>
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
  readonly observer: AuditObserver
  readonly region: string
  /** Whether calls that change nothing are recorded too. */
  readonly recordsReads: boolean
}

/** What an interface can tell of a request besides. */
export interface CallDescription {
  /** As the answer has it. */
  readonly requestId?: string | undefined
  readonly params?: unknown
  readonly body?: unknown
}

type Request = Pick<IncomingMessage, 'headers' | 'socket'>

/** A request in progress that may have to be recorded. */
interface OpenCall {
  readonly response: ServerResponse
  asked: Asked | undefined
  requestId: string | undefined
  parameters: Readonly<Record<string, unknown>>
  refusal: EndedCall['refusal']
}

interface Asked {
  readonly id: string
  readonly atMs: number
  readonly principal: Principal
  readonly accesses: [Access, ...Access[]]
  readonly facts: ReturnType<typeof factsOf>
}

/**
 * Records what callers do to the control plane as events on the built-in bus of their account (section 9.7). It is told by the one place
 * where permissions are asked for, and by the one where refusals become answers; so no interface can forget it. Appending
 * comes after the answer: it can neither fail a call nor hold one up. What it cannot keep it drops, counts and logs.
 */
export class AuditTrail implements AsyncDisposable {
  readonly #parts: AuditTrailParts
  readonly #open = new WeakMap<object, OpenCall>()
  readonly #waiting = new WaitingCalls()
  #draining: Promise<void> | undefined
  #dropped = 0
  #dropsLoggedAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: AuditTrailParts) {
    this.#parts = parts
  }

  /** A request that may turn out to be worth recording has arrived. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    this.#open.set(request, {
      response,
      asked: undefined,
      requestId: undefined,
      parameters: {},
      refusal: undefined,
    })
  }

  /** Permissions are asked for, whatever the answer. `accesses` is called for watched requests only. */
  asked(request: Request, principal: Principal, accesses: () => readonly Access[]): void {
    const call = this.#open.get(request)
    if (call === undefined) return
    const [first, ...others] = accesses().filter(({ action }) => this.#isRecorded(action))
    if (first === undefined) return
    if (call.asked !== undefined) {
      call.asked.accesses.push(first, ...others)
      return
    }
    const { clock, random } = this.#parts
    call.asked = {
      id: random.id(),
      atMs: clock.nowMs(),
      principal,
      accesses: [first, ...others],
      facts: factsOf(request),
    }
    call.response.once('close', () => this.#ended(request, call))
  }

  /** What is known of a request when its answer is made. Of the parameters of its path and of its body little is kept. */
  described(request: IncomingMessage, { requestId, params, body }: CallDescription): void {
    const call = this.#open.get(request)
    if (call?.asked === undefined) return
    call.requestId = requestId
    call.parameters = recordedParameters(params, body)
  }

  /** A request is refused. The first refusal counts. */
  refused(request: IncomingMessage, code: string, message: string): void {
    const call = this.#open.get(request)
    if (call?.asked !== undefined) call.refusal ??= { code, message }
    else if (failedAuthentication.test(code)) this.#attempted(request, code, message)
  }

  /** Resolves when nothing waits to be recorded. */
  async settled(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.settled()
  }

  #isRecorded(action: string): boolean {
    const kind = kindOf(action)
    return kind === 'write' || (kind === 'read' && this.#parts.recordsReads)
  }

  #ended(
    request: Request & { method?: string | undefined },
    { asked, response, requestId, parameters, refusal }: OpenCall,
  ): void {
    if (asked === undefined) return
    const { statusCode } = response
    const failed = statusCode >= 400 ? { code: `http.${statusCode}`, message: '' } : undefined
    const accesses = ordered(asked.accesses, statusCode, request.method)
    this.#add('call', {
      ...this.#common(asked, request),
      account: asked.principal.account,
      actor: asked.principal.actor,
      keyId: asked.principal.keyId,
      accesses,
      isRead: kindOf(accesses[0].action) === 'read',
      requestId,
      parameters,
      refusal: refusal ?? failed,
    })
  }

  /** Somebody used a key that exists without proving to have it: told to its account, whatever was asked for. */
  #attempted(request: IncomingMessage, code: string, message: string): void {
    const presented = presentedKey(request.headers)
    if (presented === undefined) return
    const owner = this.#ownerOf(presented.keyId, presented.token)
    if (owner === undefined) return
    const { clock, random } = this.#parts
    const asked = { id: random.id(), atMs: clock.nowMs(), facts: factsOf(request) }
    const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 200)
    this.#add('attempt', {
      ...this.#common(asked, request),
      ...owner,
      keyId: presented.keyId,
      accesses: [
        { action: 'ram:Authenticate', resource: `acs:ram::${owner.account}:accesskey/${presented.keyId}` },
      ],
      isRead: false,
      requestId: undefined,
      parameters: { method: request.method, path },
      refusal: { code, message },
    })
  }

  #common({ id, atMs, facts }: Pick<Asked, 'id' | 'atMs' | 'facts'>, { headers }: Request) {
    const { peer, userAgent } = facts
    return { id, atMs, region: this.#parts.region, host: headers.host, peer, userAgent }
  }

  #ownerOf(keyId: string, token: string | undefined): Pick<Principal, 'account' | 'actor'> | undefined {
    const { identity, resources } = this.#parts
    const { key, refusal } = identity.keys.find(keyId, token)
    if (refusal === undefined) return { account: key.account, actor: key.actor }
    const disabled = resources.snapshots.current().accessKeys.get(keyId)
    return disabled && { account: disabled.account, actor: { kind: 'user', name: disabled.user } }
  }

  #add(kind: 'call' | 'attempt', call: EndedCall): void {
    if (!this.#waiting.add(kind, call)) {
      this.#drop(1, 'too many calls wait to be recorded')
      return
    }
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined
    })
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    // The refusal of an attempt is written when the code that is running now has ended.
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const byAccount = Map.groupBy(this.#waiting.take(batchMax), ({ account }) => account)
      for (const [account, calls] of byAccount) await this.#append(account, calls)
    }
  }

  async #append(account: string, calls: readonly EndedCall[]): Promise<void> {
    const { ingest, resources, observer } = this.#parts
    const bus = resources.snapshots.current().buses.get(busKey(account, defaultBusName))
    if (bus === undefined) {
      this.#drop(calls.length, 'the account has no built-in bus')
      return
    }
    try {
      const outcomes = await ingest.accept(bus, this.#eventsOf(calls), { internal: true })
      const refusals = outcomes.filter(outcome => outcome.status === 'refused')
      observer.recorded(outcomes.length - refusals.length)
      if (refusals[0] !== undefined) this.#drop(refusals.length, refusals[0].error.message)
    } catch (thrown) {
      this.#drop(calls.length, thrown instanceof Error ? thrown.message : 'unknown reason')
    }
  }

  /** A call that cannot be told must not keep out those beside it. */
  #eventsOf(calls: readonly EndedCall[]): EventText[] {
    return calls.flatMap(call => {
      try {
        return [apiCallEvent(call)]
      } catch (thrown) {
        this.#drop(1, thrown instanceof Error ? thrown.message : 'unknown reason')
        return []
      }
    })
  }

  #drop(calls: number, reason: string): void {
    const { observer, clock, log } = this.#parts
    observer.dropped(calls)
    this.#dropped += calls
    const nowMs = clock.nowMs()
    if (nowMs - this.#dropsLoggedAtMs < dropLogEveryMs) return
    log.warn('calls are not recorded as audit events', { calls: this.#dropped, reason })
    this.#dropsLoggedAtMs = nowMs
    this.#dropped = 0
  }
}

/** A PUT needs the permission to create and that to replace; its answer tells which of the two it was. */
function ordered(
  accesses: readonly [Access, ...Access[]],
  status: number,
  method: string | undefined,
): [Access, ...Access[]] {
  const [first, ...others] = accesses
  const isUpdate = method === 'PUT' && status === 200
  const at = isUpdate ? others.findIndex(({ action }) => /:(?:Update|Set)/.test(action)) : -1
  const other = others[at]
  return other === undefined ? [first, ...others] : [other, first, ...others.toSpliced(at, 1)]
}
