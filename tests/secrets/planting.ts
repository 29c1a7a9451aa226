import { randomBytes } from 'node:crypto'
import type { Planted, Searched } from './traces-of.ts'

export interface Reply {
  readonly status: number
  readonly json: Record<string, unknown>
}

/** Makes secrets, sends them to a server, and keeps what it answers. */
export class Planting {
  readonly planted: Planted[] = []
  /** Everything that was answered, but what is shown once. */
  readonly told: Searched[] = []
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** A secret for a place; one that is `plain` has nothing in it that a URL or a header would have to escape. */
  secret(place: string, form: 'any' | 'plain' = 'any'): string {
    const secret = `pl4nted${randomBytes(12).toString('hex')}${form === 'plain' ? '' : '/+@&~'}`
    this.planted.push({ place, secret })
    return secret
  }

  /** A secret that the server has made. */
  known(place: string, secret: unknown): string {
    if (typeof secret !== 'string' || secret.length < 20) throw new Error(`${place} is a secret`)
    this.planted.push({ place, secret })
    return secret
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    { isShown = false, token = this.#token }: { readonly isShown?: boolean; readonly token?: string } = {},
  ): Promise<Reply> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!isShown) this.told.push({ name: `the answer to ${method} ${path}`, bytes })
    return { status: response.status, json: parsed(bytes) }
  }
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown>
  } catch {
    return {}
  }
}
