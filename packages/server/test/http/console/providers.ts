import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

export interface RunningProvider extends AsyncDisposable {
  readonly url: string
  /** What answers from now on. */
  listener: RequestListener
}

/** A server on loopback that answers whatever it is told to. */
export async function openProvider(): Promise<RunningProvider> {
  const provider: { listener: RequestListener } = {
    listener: (_request, response) => void response.writeHead(503).end(),
  }
  const server = createServer((request, response) => provider.listener(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(provider, {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  })
}

export const clientId = 'millrace'
export const clientSecret = 'secret-of-the-client'

/** A certified provider, with the forms that it has for developers: whoever gives a name is let in under it. */
export async function realProvider(issuer: string, redirectUri: string): Promise<RequestListener> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const groupsOf = (id: string): string[] => (id === 'outsider' ? ['guests'] : ['operators', 'guests'])
  return new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a key of cookies for tests'] },
    ttl: { Interaction: 300, Session: 300, Grant: 300, AccessToken: 300, IdToken: 300 },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: groupsOf(id) }),
    }),
  }).callback()
}

/** What a provider that errs, or lies, puts into its token. */
export interface Lie {
  readonly claims?: JWTPayload
  /** Signs with a key that the provider does not publish. */
  readonly isForged?: boolean
  readonly kid?: string
}

/** A provider that gives out one token, whatever code it is asked with. */
export class LyingProvider {
  readonly #issuer: string
  #key = generateKeyPair('RS256', { extractable: true })
  #kid = 'first'
  #token = ''

  constructor(issuer: string) {
    this.#issuer = issuer
  }

  /** Its keys are others from now on. */
  rotate(): void {
    this.#key = generateKeyPair('RS256', { extractable: true })
    this.#kid = 'second'
  }

  /** The next token; what is not said of it is right. */
  async say(nonce: string, { claims = {}, isForged = false, kid = this.#kid }: Lie): Promise<void> {
    const seconds = Math.floor(Date.now() / 1_000)
    const { privateKey } = isForged ? await generateKeyPair('RS256') : await this.#key
    const right = { iss: this.#issuer, aud: clientId, sub: 'alice', nonce, iat: seconds, exp: seconds + 300 }
    this.#token = await new SignJWT({ ...right, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(privateKey)
  }

  readonly listener: RequestListener = (request, response) => {
    void this.#answer(request.url ?? '').then(body => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }

  async #answer(url: string): Promise<object> {
    if (url === '/token') return { access_token: 'x', token_type: 'Bearer', id_token: this.#token }
    if (url === '/keys') {
      const { publicKey } = await this.#key
      return { keys: [{ ...(await exportJWK(publicKey)), kid: this.#kid, alg: 'RS256', use: 'sig' }] }
    }
    return {
      issuer: this.#issuer,
      authorization_endpoint: `${this.#issuer}/authorize`,
      token_endpoint: `${this.#issuer}/token`,
      jwks_uri: `${this.#issuer}/keys`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
    }
  }
}
