/** What is sent. The bytes are built once; only the digits of a sequence number change from one sending to the next. */
export interface RequestTemplate {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** `{sequence}` in it becomes a number of 12 digits, a different one each time it is written. */
  readonly body: string
}

/** Stands in a body for a number of `sequenceDigits` digits that is new at every place and every sending. */
export const sequenceMark = '{sequence}'
export const sequenceDigits = 12

const zero = 48

/**
 * The bytes of one request, reused for every sending on one connection. That is safe because a connection sends the
 * next request only after the answer to the previous one: the kernel has long taken the earlier bytes.
 */
export class PrebuiltRequest {
  readonly #bytes: Buffer
  readonly #places: readonly number[]

  constructor(template: RequestTemplate, host: string) {
    const blank = '0'.repeat(sequenceDigits)
    const body = Buffer.from(template.body.replaceAll(sequenceMark, blank))
    const headers = { host, ...template.headers, 'content-length': String(body.length) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = Buffer.from(`${template.method} ${template.path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    this.#bytes = Buffer.concat([head, body])
    this.#places = placesOf(template.body, blank).map(place => head.length + place)
  }

  /** How many sequence numbers one sending uses. */
  get sequences(): number {
    return this.#places.length
  }

  /** The bytes to send, with the numbers from `first` on. They are valid until the next call. */
  bytes(first: number): Buffer {
    let sequence = first
    for (const place of this.#places) {
      let rest = sequence++
      for (let index = place + sequenceDigits - 1; index >= place; index--) {
        this.#bytes[index] = zero + (rest % 10)
        rest = Math.floor(rest / 10)
      }
    }
    return this.#bytes
  }
}

function placesOf(body: string, blank: string): number[] {
  const places: number[] = []
  const parts = body.split(sequenceMark)
  let offset = 0
  for (const part of parts.slice(0, -1)) {
    offset += Buffer.byteLength(part)
    places.push(offset)
    offset += blank.length
  }
  return places
}
