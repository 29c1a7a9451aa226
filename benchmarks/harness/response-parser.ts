const lineFeed = 10
const carriageReturn = 13

/** Bytes of a response head or chunk-size line beyond which the response is taken for broken. */
const headBytesMax = 64 * 1024

type State = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer'

/**
 * Finds where each HTTP/1.1 response on a connection ends and what its status is, and nothing more: bodies are
 * counted, not kept. Understands `Content-Length`, chunked bodies and responses without a body.
 */
export class ResponseParser {
  readonly #onResponse: (status: number, closes: boolean) => void
  #state: State = 'head'
  /** Bytes of a line or head that came in pieces. */
  #pending: Buffer = Buffer.alloc(0)
  #remaining = 0
  #status = 0
  #closes = false

  constructor(onResponse: (status: number, closes: boolean) => void) {
    this.#onResponse = onResponse
  }

  /** Takes bytes from the socket; throws when they are not HTTP. */
  push(bytes: Buffer): void {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes
    this.#pending = Buffer.alloc(0)
    while (rest.length > 0) {
      const used = this.#step(rest)
      if (used === 0) {
        if (rest.length > headBytesMax)
          throw new Error(`a response head is longer than ${headBytesMax} bytes`)
        this.#pending = rest
        return
      }
      rest = rest.subarray(used)
    }
  }

  /** Takes one element off the front; 0 when it is not complete yet. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#head(bytes)
      case 'sized':
      case 'chunk':
      case 'chunk-end':
        return this.#body(bytes)
      default:
        return this.#line(bytes)
    }
  }

  #head(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) return 0
    const head = bytes.toString('latin1', 0, end)
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]
    if (status === undefined) throw new Error(`not an HTTP response: ${JSON.stringify(head.slice(0, 40))}`)
    this.#status = Number(status)
    this.#closes = /\r\nconnection:[ \t]*close/i.test(head)
    const length = /\r\ncontent-length:[ \t]*(\d+)/i.exec(head)?.[1]
    if (this.#status < 200 && this.#status !== 101) return end + 4
    if (this.#status === 204 || this.#status === 304) this.#finish()
    else if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#state = 'chunk-size'
    else if (length === undefined)
      throw new Error('a response without a length cannot be told from the next one')
    else this.#begin('sized', Number(length))
    return end + 4
  }

  #begin(state: 'sized' | 'chunk', bytes: number): void {
    this.#state = state
    this.#remaining = bytes
    if (bytes === 0) this.#endOfPart()
  }

  #body(bytes: Buffer): number {
    const used = Math.min(this.#remaining, bytes.length)
    this.#remaining -= used
    if (this.#remaining === 0) this.#endOfPart()
    return used
  }

  #endOfPart(): void {
    if (this.#state === 'sized') {
      this.#finish()
    } else if (this.#state === 'chunk') {
      this.#state = 'chunk-end'
      this.#remaining = 2
    } else {
      this.#state = 'chunk-size'
    }
  }

  #line(bytes: Buffer): number {
    const end = bytes.indexOf(lineFeed)
    if (end === -1) return 0
    const length = bytes[end - 1] === carriageReturn ? end - 1 : end
    if (this.#state === 'trailer') {
      if (length === 0) this.#finish()
      return end + 1
    }
    const size = Number.parseInt(bytes.toString('latin1', 0, length), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without a size')
    if (size === 0) this.#state = 'trailer'
    else this.#begin('chunk', size)
    return end + 1
  }

  #finish(): void {
    this.#state = 'head'
    this.#onResponse(this.#status, this.#closes)
  }
}
