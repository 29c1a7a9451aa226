import { AppError } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { actorArn, type Principal, type SessionOwner } from '../../auth/index.ts'
import { factsOf } from '../request-facts.ts'
import type { Services } from '../services.ts'
import { type Cookie, cookieOf, dropCookie, setCookie } from './cookies.ts'
import { field, optionalField } from './form.ts'
import { siteOf } from './own-site.ts'
import { principalOfSession, type Visitor } from './visitor.ts'

const sessionCookie = { name: 'millrace-session', sameSite: 'Strict' } as const
/** Goes along when the provider sends somebody back. */
const bindingCookie: Cookie = { name: 'millrace-oidc', sameSite: 'Lax', maxAgeSeconds: 600 }

type Owner = Pick<Principal, 'account' | 'actor' | 'keyId'>

/** Lets people in and out of the console; each time, and each time that it failed, is recorded. */
export class Signing {
  readonly #services: Services
  readonly #closing: AbortSignal

  constructor(services: Services, closing: AbortSignal) {
    this.#services = services
    this.#closing = closing
  }

  get hasProvider(): boolean {
    return this.#services.login.oidc !== undefined
  }

  /** Where people see the console. */
  site(request: FastifyRequest): string {
    return siteOf(request, this.#services.login.consoleUrl)
  }

  /** Who is signed in, if anybody is. */
  async visitor(request: FastifyRequest): Promise<Visitor | undefined> {
    const token = this.#token(request)
    const session = token === '' ? undefined : await this.#services.login.sessions.use(token)
    return session && { session, token, principal: principalOfSession(session), request }
  }

  /** By what the form holds: a name and a password, or a key. */
  async inByForm(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { login } = this.#services
    const { peer } = factsOf(request.raw)
    const key = optionalField(request, 'key', 512)
    if (key === undefined) {
      const [name, password] = [field(request, 'name', 160), field(request, 'password', 1_024)]
      const { account, user } = login.named(name)
      const claimed: Owner = { account, actor: { kind: 'user', name: user }, keyId: '' }
      await this.#in(request, reply, 'password', claimed, () => login.byPassword(name, password, peer))
    } else {
      const trimmed = key.trim()
      await this.#in(request, reply, 'key', this.#ownerOfKey(trimmed), () => login.byKey(trimmed, peer))
    }
  }

  /** The address of the provider to send somebody to. */
  async toProvider(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { url, binding } = await this.#provider().begin(this.#callback(request), this.#closing)
    setCookie(reply, bindingCookie, binding, this.#isSecure(request))
    return url
  }

  /** Somebody comes back from the provider. */
  async inByProvider(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const oidc = this.#provider()
    const isSecure = this.#isSecure(request)
    const binding = cookieOf(request, bindingCookie, isSecure)
    dropCookie(reply, bindingCookie, isSecure)
    const { search } = new URL(request.raw.url ?? '', 'http://unused')
    const { login } = this.#services
    const { account } = login
    const claimed: Owner = { account, actor: { kind: 'user', name: 'unknown' }, keyId: '' }
    await this.#in(request, reply, 'oidc', claimed, async () => {
      const callback = new URL(this.#callback(request) + search)
      return login.byClaims(await oidc.finish(callback, binding, this.#closing))
    })
  }

  /** Out: the session ends, not just its cookie. */
  async out({ request, token, principal }: Visitor, reply: FastifyReply): Promise<void> {
    const { login, audit } = this.#services
    await login.sessions.end(token)
    dropCookie(reply, { ...sessionCookie, maxAgeSeconds: 0 }, this.#isSecure(request))
    await audit.signed(request.raw, {
      ...principal,
      eventType: 'ConsoleSignout',
      parameters: {},
      refusal: undefined,
    })
  }

  /** A new session each time: one that somebody planted before is of no use, and the one that was there ends. */
  async #in(
    request: FastifyRequest,
    reply: FastifyReply,
    way: SessionOwner['way'],
    claimed: Owner | undefined,
    find: () => SessionOwner | Promise<SessionOwner>,
  ): Promise<void> {
    const { login, audit, clock } = this.#services
    const signing = { eventType: 'ConsoleSignin' as const, parameters: { way } }
    let owner: SessionOwner
    try {
      owner = await find()
    } catch (thrown) {
      if (thrown instanceof AppError && claimed !== undefined && this.#isRecorded(claimed, thrown)) {
        const { code, message } = thrown
        // Nobody waits for it: the time would tell whose account there is.
        void audit.signed(request.raw, { ...claimed, ...signing, refusal: { code, message } })
      }
      throw thrown
    }
    const before = this.#token(request)
    if (before !== '') await login.sessions.end(before)
    const { token, session } = await login.sessions.begin(owner)
    const maxAgeSeconds = Math.floor((session.endsAtMs - clock.nowMs()) / 1_000)
    setCookie(reply, { ...sessionCookie, maxAgeSeconds }, token, this.#isSecure(request))
    await audit.signed(request.raw, { ...principalOfSession(session), ...signing, refusal: undefined })
    this.#services.log.info('somebody signed in to the console', {
      principal: actorArn(owner.account, owner.actor),
      way,
    })
  }

  /** Not what concerns no account of ours, nor answers of a provider that nobody has asked for: anybody can send those. */
  #isRecorded({ account }: Owner, { code }: AppError): boolean {
    return code !== 'login.state-unknown' && this.#services.identity.keys.accounts.includes(account)
  }

  #ownerOfKey(key: string): Owner | undefined {
    const [keyId = ''] = key.split('.', 1)
    const { key: found, refusal } = this.#services.identity.keys.find(keyId)
    const isKnown = refusal === undefined || refusal.code === 'auth.key-disabled'
    return isKnown ? { account: found.account, actor: found.actor, keyId } : undefined
  }

  #provider() {
    const { oidc } = this.#services.login
    if (oidc === undefined) throw new AppError('login.provider-missing', 'no OpenID provider is set')
    return oidc
  }

  #callback(request: FastifyRequest): string {
    return `${this.site(request)}/console/oidc/callback`
  }

  #token(request: FastifyRequest): string {
    return cookieOf(request, sessionCookie, this.#isSecure(request))
  }

  #isSecure(request: FastifyRequest): boolean {
    return this.site(request).startsWith('https:')
  }
}
