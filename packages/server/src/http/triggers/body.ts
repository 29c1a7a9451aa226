import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '@millrace/spi'
import type { BodyBudget } from '../body-budget.ts'
import { askForBody } from '../expect-continue.ts'
import { type HeldBody, readBody } from '../raw-body.ts'

/** The body of one request, read at the first call and once. Disposing gives its bytes back. */
export class TriggerBody implements Disposable {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #limit: number
  readonly #budget: BodyBudget
  #held: HeldBody | undefined

  constructor(request: IncomingMessage, response: ServerResponse, limit: number, budget: BodyBudget) {
    this.#request = request
    this.#response = response
    this.#limit = limit
    this.#budget = budget
  }

  get hasForm(): boolean {
    return (this.#request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  }

  /** Rejects as `readBody` does. */
  async read(): Promise<Uint8Array> {
    if (this.#held !== undefined) return this.#held.bytes
    const { headers } = this.#request
    const isEmpty = headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0'
    if (isEmpty) return noBytes
    askForBody(this.#request, this.#response, this.#limit)
    this.#held = await readBody(this.#request, this.#limit, this.#budget)
    return this.#held.bytes
  }

  async form(): Promise<URLSearchParams | undefined> {
    if (!this.hasForm) return undefined
    return new URLSearchParams(Buffer.from(await this.read()).toString('utf8'))
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]()
  }
}

const noBytes = new Uint8Array(0)

/** A signature that covers the body's hash counts only for that body. */
export function checkContentSha256(expected: string | undefined, body: Uint8Array): void {
  if (expected === undefined || hash('sha256', body) === expected) return
  throw new AppError('auth.signature-mismatch', 'the body is not the one whose hash was signed')
}
