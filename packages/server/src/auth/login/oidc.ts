import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError, type Clock, retryNever } from '@millrace/spi'
import * as client from 'openid-client'
import { busy } from './errors.ts'
import { oidcError } from './oidc-errors.ts'
import { type Claims, lacks, type PeopleMap } from './oidc-people.ts'

/** How people sign in by an OpenID provider. */
export interface OidcSettings extends PeopleMap {
  readonly issuer: string
  readonly clientId: string
  /** Without one the client is public, and PKCE alone protects the code. */
  readonly clientSecret?: string
  readonly scopes: string
}

/** How long a person may take at the provider. */
export const oidcPendingMs = 10 * 60_000
/** Sign-ins that are under way at the provider; the oldest is forgotten for a new one. */
export const oidcPendingMax = 1_000
/** Requests to the provider at once; further sign-ins are refused with `login.busy`. */
export const oidcRequestsMax = 8
/** How long an answer of the provider may take, in seconds. */
const providerTimeoutSeconds = 10
/** How far the provider's clock may be off, in seconds. */
const clockToleranceSeconds = 60

interface Pending {
  readonly configuration: client.Configuration
  readonly verifier: string
  readonly nonce: string
  readonly bindingHash: Buffer
  readonly endsAtMs: number
}

/**
 * Signs people in by the authorization code flow of OpenID Connect, with PKCE, state and nonce. What the provider says of itself, and its keys,
 * are read for each sign-in: so nothing that it has changed is missed.
 */
export class OidcSignIn {
  readonly #settings: OidcSettings
  readonly #clock: Clock
  /** By state, the oldest first. */
  readonly #pending = new Map<string, Pending>()
  #requests = 0

  constructor(settings: OidcSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Where to send the person, and what to leave in their browser: the answer counts only with it. */
  begin(
    redirectUri: string,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly binding: string }> {
    return this.#asking(async () => {
      const configuration = await this.#discover(signal)
      const [state, nonce, binding] = [newText(), newText(), newText()]
      const verifier = client.randomPKCECodeVerifier()
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: this.#settings.scopes,
        response_type: 'code',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      })
      const [oldest] = this.#pending.keys()
      if (this.#pending.size >= oidcPendingMax && oldest !== undefined) this.#pending.delete(oldest)
      const endsAtMs = this.#clock.nowMs() + oidcPendingMs
      this.#pending.set(state, { configuration, verifier, nonce, bindingHash: digest(binding), endsAtMs })
      return { url: url.href, binding }
    })
  }

  /** What the provider says of the person. `callback` is the address that it sent them to, with all that is in it. */
  finish(callback: URL, binding: string, signal: AbortSignal): Promise<Claims> {
    return this.#asking(async () => {
      const state = callback.searchParams.get('state') ?? ''
      const { configuration, verifier, nonce } = this.#take(state, binding)
      configuration[client.customFetch] = fetchUntil(signal)
      const tokens = await client.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw stateUnknown()
      const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined
      if (!hasMore || !lacks(claims, this.#settings)) return claims
      const further = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
      return { ...further, ...claims }
    })
  }

  /** Each counts once. */
  #take(state: string, binding: string): Pending {
    const pending = this.#pending.get(state)
    if (pending === undefined || !timingSafeEqual(pending.bindingHash, digest(binding))) throw stateUnknown()
    this.#pending.delete(state)
    if (pending.endsAtMs <= this.#clock.nowMs()) throw stateUnknown()
    return pending
  }

  async #asking<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (this.#requests >= oidcRequestsMax) throw busy(oidcRequestsMax)
    this.#requests++
    try {
      return await ask()
    } catch (thrown) {
      throw oidcError(thrown)
    } finally {
      this.#requests--
    }
  }

  #discover(signal: AbortSignal): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings
    const server = new URL(issuer)
    return client.discovery(
      server,
      clientId,
      {
        [client.clockTolerance]: clockToleranceSeconds,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      },
      clientSecret === undefined ? client.None() : undefined,
      {
        timeout: providerTimeoutSeconds,
        [client.customFetch]: fetchUntil(signal),
        execute: [
          // Without it the signature of the token is not looked at.
          client.enableNonRepudiationChecks,
          ...(server.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      },
    )
  }
}

/** Requests to the provider end with the signal, too. */
function fetchUntil(signal: AbortSignal): client.CustomFetch {
  return (url, options) => {
    const signals =
      options.signal === undefined || options.signal === null ? [signal] : [signal, options.signal]
    return fetch(url, { ...options, signal: AbortSignal.any(signals) } as RequestInit)
  }
}

function newText(): string {
  return randomBytes(32).toString('base64url')
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function stateUnknown(): AppError {
  return new AppError(
    'login.state-unknown',
    'this answer of the OpenID provider belongs to no sign-in that was begun in this browser, or came twice or too late; begin again',
    retryNever,
  )
}
