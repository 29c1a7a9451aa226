import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Random } from '@millrace/spi'
import { type Access, actorArn, type Identity, type Principal } from '../../auth/index.ts'
import { factsOf } from '../request-facts.ts'
import type { EndedCall } from './api-call.ts'
import { apiVersionOf } from './api-version.ts'
import { beforeEnd } from './held-answer.ts'
import { recordedParameters } from './parameters.ts'
import { type PresentedKey, presentedKey } from './presented-key.ts'
import { kindOf } from './recorded-actions.ts'
import { Recorder, type RecorderParts } from './recorder.ts'

/** Refused requests whose keys have still to be looked up, of one turn of the loop. Further ones are dropped and counted. */
const suspicionsMax = 1_024
/** An answer waits at most so long until its call is on disk. */
export const answerHeldMsMax = 5_000

/** Refusals of somebody whose key is known, but who did not prove to have it. */
const failedAuthentication = /^auth\.(?:unauthenticated|key-disabled|nonce-used|signature-|token-)/

export interface AuditTrailParts extends RecorderParts {
  readonly identity: Pick<Identity, 'keys'>
  readonly random: Random
  readonly region: string
  /** Whether calls that change nothing are recorded too. */
  readonly recordsReads: boolean
}

/** What an interface can tell of a request besides. It is read when the answer is whole, so members may be set until then. */
export interface CallDescription {
  /** As the answer has it. */
  readonly requestId?: string | undefined
  /** Parts of the path by their names, or a function that tells them. */
  readonly params?: unknown
  /** Bytes, what the interface has made of them, or a function that makes it. */
  readonly body?: unknown
  /** The key that a request is said to be signed with, where its head does not name it. */
  readonly presented?: PresentedKey | undefined
}

/** What becomes of somebody at the door of the console. */
export type Signing = Pick<EndedCall, 'account' | 'actor' | 'keyId' | 'parameters' | 'refusal'> & {
  readonly eventType: 'ConsoleSignin' | 'ConsoleSignout'
}

type Request = Pick<IncomingMessage, 'headers' | 'socket'> &
  Partial<Readonly<Pick<IncomingMessage, 'url' | 'method'>>>

/** A request in progress that may have to be recorded. */
interface OpenCall {
  readonly response: ServerResponse
  asked: Asked | undefined
  description: CallDescription
  refusal: EndedCall['refusal']
}

/** A refused request that names a key; whose that is, if it exists, is not known yet. */
interface Suspicion {
  readonly call: Omit<EndedCall, 'account' | 'actor' | 'accesses'>
  readonly token: string | undefined
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
 * where permissions are asked for, and by the one where refusals become answers; so no interface can forget it. **An answer is sent when
 * its call is on disk**: whoever has an answer finds the call, also after the machine has lost power, and calls that follow each other are recorded in
 * their order. It never fails a call, which is done by then: what cannot be kept is dropped, counted and logged, and what takes longer
 * than `answerHeldMsMax` is answered meanwhile and counted. Failed attempts to sign wait for nothing: they would tell by their time which keys exist.
 */
export class AuditTrail implements AsyncDisposable {
  readonly #parts: AuditTrailParts
  readonly #open = new WeakMap<object, OpenCall>()
  readonly #recorder: Recorder
  readonly #suspicions: Suspicion[] = []
  #looking: Promise<void> | undefined

  constructor(parts: AuditTrailParts) {
    this.#parts = parts
    this.#recorder = new Recorder(parts)
  }

  /** A request that may turn out to be worth recording has arrived. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    this.#open.set(request, { response, asked: undefined, description: {}, refusal: undefined })
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
    const asked: Asked = {
      id: random.id(),
      atMs: clock.nowMs(),
      principal,
      accesses: [first, ...others],
      facts: factsOf(request),
    }
    call.asked = asked
    beforeEnd(call.response, isAnswered => this.#ended(request, call, asked, isAnswered))
  }

  /** What is known of a request, before its answer is sent. Of the parameters only some is kept: see `recordedParameters`. */
  described(request: IncomingMessage, description: CallDescription): void {
    const call = this.#open.get(request)
    if (call !== undefined) call.description = description
  }

  /** A request is refused. The first refusal counts. */
  refused(request: IncomingMessage, code: string, message: string): void {
    const call = this.#open.get(request)
    if (call?.asked !== undefined) call.refusal ??= { code, message }
    else if (failedAuthentication.test(code)) {
      const presented = presentedKey(request.headers) ?? call?.description.presented
      if (presented !== undefined) this.#suspect(request, presented, { code, message })
    }
  }

  /**
   * Somebody signed in to the console, tried to, or signed out. Resolves when that is on disk or dropped; who failed need not wait for it.
   * The URL of the request may hold the code of a sign-in, and stays out.
   */
  signed({ headers, socket }: Request, signing: Signing): Promise<void> {
    const { clock, random } = this.#parts
    const { account, actor, refusal } = signing
    const asked = { id: random.id(), atMs: clock.nowMs(), facts: factsOf({ headers, socket }) }
    const held = Promise.withResolvers<void>()
    const call: EndedCall = {
      ...this.#common(asked, { headers, socket }),
      ...signing,
      accesses: [{ action: `ram:${signing.eventType}`, resource: actorArn(account, actor) }],
      isRead: false,
      requestId: undefined,
      status: undefined,
    }
    this.#recorder.add(refusal === undefined ? 'call' : 'attempt', { call, done: held.resolve })
    return held.promise
  }

  /** Resolves when nothing waits to be recorded. */
  async settled(): Promise<void> {
    do {
      await this.#looking
      await this.#recorder.settled()
    } while (this.#looking !== undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.settled()
  }

  #isRecorded(action: string): boolean {
    const kind = kindOf(action)
    return kind === 'write' || (kind === 'read' && this.#parts.recordsReads)
  }

  /** Resolves when the call is on disk, can not be recorded, or has waited for too long. */
  #ended(
    request: Request,
    { response, description, refusal }: OpenCall,
    asked: Asked,
    isAnswered: boolean,
  ): Promise<void> {
    const { clock, observer } = this.#parts
    const { params, body, requestId } = description
    const { url, headers, method } = request
    const { account, actor, keyId } = asked.principal
    const status = isAnswered ? response.statusCode : undefined
    const accesses = ordered(asked.accesses, status, method)
    const held = Promise.withResolvers<void>()
    const timer = clock.timer(answerHeldMsMax, () => {
      observer.late(1)
      held.resolve()
    })
    const call = {
      ...this.#common(asked, request),
      account,
      actor,
      keyId,
      accesses,
      requestId,
      status,
      isRead: kindOf(accesses[0].action) === 'read',
      parameters: recordedParameters({ url, headers, params, body }),
      refusal: refusal ?? failureOf(status),
    }
    this.#recorder.add('call', {
      call,
      done: () => {
        timer[Symbol.dispose]()
        held.resolve()
      },
    })
    return held.promise
  }

  /**
   * Somebody used a key without proving to have it. Whether it exists is looked up when the answer has left: what follows for one that
   * does would show in the time of the answer.
   */
  #suspect(
    request: IncomingMessage,
    presented: PresentedKey,
    refusal: NonNullable<EndedCall['refusal']>,
  ): void {
    if (this.#suspicions.length >= suspicionsMax) {
      this.#recorder.drop(1, 'too many refused requests wait to be looked at')
      return
    }
    const { clock, random } = this.#parts
    const asked = { id: random.id(), atMs: clock.nowMs(), facts: factsOf(request) }
    const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 200)
    const call = {
      ...this.#common(asked, request),
      keyId: presented.keyId,
      isRead: false,
      requestId: undefined,
      parameters: { method: request.method, path },
      status: undefined,
      refusal,
    }
    this.#suspicions.push({ call, token: presented.token })
    this.#looking ??= this.#lookUp()
  }

  /** Attempts with keys that exist are told to their accounts, whatever was asked for. */
  async #lookUp(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.#looking = undefined
    for (const { call, token } of this.#suspicions.splice(0)) {
      const { keyId } = call
      const owner = this.#ownerOf(keyId, token)
      if (owner === undefined) continue
      const resource = `acs:ram::${owner.account}:accesskey/${keyId}`
      const accesses = [{ action: 'ram:Authenticate', resource }] as const
      this.#recorder.add('attempt', { call: { ...call, ...owner, accesses }, done: () => {} })
    }
  }

  #common({ id, atMs, facts }: Pick<Asked, 'id' | 'atMs' | 'facts'>, { headers, url }: Request) {
    const { clock, region } = this.#parts
    const { host } = headers
    return {
      id,
      atMs,
      endedAtMs: clock.nowMs(),
      region,
      host,
      apiVersion: apiVersionOf(url, headers),
      ...facts,
    }
  }

  #ownerOf(keyId: string, token: string | undefined): Pick<Principal, 'account' | 'actor'> | undefined {
    const { identity, resources } = this.#parts
    const { key, refusal } = identity.keys.find(keyId, token)
    if (refusal === undefined) return { account: key.account, actor: key.actor }
    const disabled = resources.snapshots.current().accessKeys.get(keyId)
    return disabled && { account: disabled.account, actor: { kind: 'user', name: disabled.user } }
  }
}

/** How a call failed that no interface has refused. */
function failureOf(status: number | undefined): EndedCall['refusal'] {
  if (status === undefined)
    return { code: 'http.499', message: 'the caller left before the answer; it may have been done' }
  return status >= 400 ? { code: `http.${status}`, message: '' } : undefined
}

/** A PUT needs the permission to create and that to replace; its answer tells which of the two it was. */
function ordered(
  accesses: readonly [Access, ...Access[]],
  status: number | undefined,
  method: string | undefined,
): [Access, ...Access[]] {
  const [first, ...others] = accesses
  const isUpdate = method === 'PUT' && status === 200
  const at = isUpdate ? others.findIndex(({ action }) => /:(?:Update|Set)/.test(action)) : -1
  const other = others[at]
  return other === undefined ? [first, ...others] : [other, first, ...others.toSpliced(at, 1)]
}
