import { timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { DoorAnswer, DoorRequest } from '@millrace/spi'
import type { WebhookSourceOptions } from './options.ts'
import { isSigned } from './signatures.ts'

/** Judges requests by the rules of the options; cheapest first. `undefined` lets one in. */
export class WebhookGuard {
  readonly #options: WebhookSourceOptions
  readonly #addresses: BlockList | undefined

  constructor(options: WebhookSourceOptions) {
    this.#options = options
    this.#addresses = options.addresses.length === 0 ? undefined : blockList(options.addresses)
  }

  judge(request: DoorRequest, nowMs: number): DoorAnswer | undefined {
    const { methods, referers, signature } = this.#options
    if (!methods.some(method => method === request.method)) {
      const answer = refusal(405, `${request.method} is not taken here`)
      return { ...answer, headers: { ...answer.headers, allow: methods.join(', ') } }
    }
    if (!this.#isAddressAllowed(request)) return refusal(403, 'this address may not call')
    const { referer = '' } = request.headers
    if (referers.length > 0 && !referers.includes(referer)) return refusal(403, 'this Referer is not taken')
    if (!this.#isTokenRight(request)) return refusal(401, 'the token is missing or wrong')
    if (signature !== undefined && !isSigned(request, signature, nowMs)) {
      return refusal(401, 'the signature is missing, wrong or too old')
    }
    return undefined
  }

  #isAddressAllowed({ remoteAddress, headers }: DoorRequest): boolean {
    if (this.#addresses === undefined) return true
    const { addressHeader } = this.#options
    const said = addressHeader === undefined ? undefined : headers[addressHeader.toLowerCase()]
    const address = (said ?? remoteAddress).trim()
    const family = isIP(address)
    return family !== 0 && this.#addresses.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  #isTokenRight({ target }: DoorRequest): boolean {
    const { token } = this.#options
    if (token === undefined) return true
    const given = Buffer.from(queryOf(target).get('token') ?? '')
    const expected = Buffer.from(token)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

/** An answer in the words that all errors of the server have. */
export function refusal(status: number, detail: string): DoorAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ status, code: 'hook.refused', detail }),
  }
}

/** The query of a target. */
export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : target.slice(start))
}

/** Throws a plain sentence for what is neither an address nor a block. */
export function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? []
    const family = isIP(address)
    const bits = family === 6 ? 128 : 32
    const length = prefix === undefined ? bits : Number(prefix)
    if (family === 0 || length > bits) throw new Error(`has ${entry}, which is no address and no block`)
    list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
