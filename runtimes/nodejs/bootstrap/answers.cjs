'use strict'
/** Answers in parts and answers to HTTP requests. Loaded with the first of them: most functions have neither. */
const { addAbortSignal, Readable } = require('node:stream')

/** A part is cut to this size, so that one large chunk of the code does not fill the window at once. */
const partBytesMax = 256 * 1024

/** `undefined` unless the value is one that comes in parts: a stream of either kind, or what `for await` takes. */
function partsOf(value) {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof Readable) return value
  if (typeof value.getReader === 'function') return Readable.fromWeb(value)
  return typeof value[Symbol.asyncIterator] === 'function' ? Readable.from(value) : undefined
}

/** A stream, or the answer to an HTTP request whose body is one. */
function streamed(value) {
  const parts = partsOf(value)
  if (parts !== undefined) {
    const contentType = parts.readableObjectMode ? undefined : 'application/octet-stream'
    return { head: { contentType }, parts }
  }
  const body = partsOf(value.body)
  if (body === undefined || !Number.isInteger(value.statusCode)) return undefined
  return { head: { statusCode: value.statusCode, headers: value.headers }, parts: body }
}

/** How much may still be sent on a channel before the server gives back room. */
class Window {
  #bytes
  #wake

  constructor(bytes) {
    this.#bytes = bytes
  }

  credit(bytes) {
    this.#bytes += bytes
    this.#wake?.()
    this.#wake = undefined
  }

  /** Resolves with at least 1 and at most `wanted`; rejects when the signal fires. */
  async take(wanted, signal) {
    while (this.#bytes <= 0) {
      signal.throwIfAborted()
      await new Promise((resolve, reject) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
    const taken = Math.min(wanted, this.#bytes)
    this.#bytes -= taken
    return taken
  }
}

function bytesOf(chunk) {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return Buffer.from(chunk)
  return Buffer.from(JSON.stringify(chunk) ?? '')
}

/** Sends every part by `sendData`, as the window has room; the source is not asked for more meanwhile. */
async function sendParts(parts, window, signal, sendData) {
  const source = parts instanceof Readable ? addAbortSignal(signal, parts) : parts
  for await (const chunk of source) {
    let rest = bytesOf(chunk)
    while (rest.length > 0) {
      const size = await window.take(Math.min(rest.length, partBytesMax), signal)
      sendData(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  }
}

const requestHeadersHidden = new Set(['connection', 'keep-alive'])
const responseHeadersIgnored = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'upgrade',
])

/** As function-compute section 4.6 has it: a readable stream with the members of the head. */
function requestOf(head, body) {
  const request = Readable.from(body.length === 0 ? [] : [body])
  const headers = Object.entries(head.headers).filter(
    ([name]) => !requestHeadersHidden.has(name) && !name.startsWith('x-fc-'),
  )
  const queries = {}
  for (const [name, value] of new URLSearchParams(head.query)) {
    const known = Object.hasOwn(queries, name) ? queries[name] : undefined
    Object.defineProperty(queries, name, {
      value: known === undefined ? value : [known, value].flat(),
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  return Object.assign(request, {
    headers: Object.fromEntries(headers),
    path: head.path,
    queries,
    method: head.method,
    clientIP: head.clientAddress,
    url: head.query === '' ? head.path : `${head.path}?${head.query}`,
    body,
  })
}

function responseOf(resolve) {
  const headers = new Map()
  let statusCode = 200
  return {
    setStatusCode(code) {
      if (!Number.isInteger(code) || code < 200 || code > 599) throw new RangeError(`no status code: ${code}`)
      statusCode = code
    },
    setHeader(name, value) {
      const lower = String(name).toLowerCase()
      if (responseHeadersIgnored.has(lower) || lower.startsWith('x-fc-')) return
      headers.set(lower, Array.isArray(value) ? value.map(String) : String(value))
    },
    deleteHeader: name => headers.delete(String(name).toLowerCase()),
    getHeader: name => headers.get(String(name).toLowerCase()),
    hasHeader: name => headers.has(String(name).toLowerCase()),
    /** The first call ends the invocation; further ones do nothing. */
    send(body) {
      const parts = partsOf(body) ?? (body === undefined || body === null ? [] : [body])
      resolve({ head: { statusCode, headers: Object.fromEntries(headers) }, parts })
    },
  }
}

/** Calls a handler `(request, response, context)`; resolves with what it has sent, whenever it does. */
function exchange(handler, head, body, context) {
  return new Promise((resolve, reject) => {
    const returned = handler(requestOf(head, body), responseOf(resolve), context)
    if (typeof returned?.then === 'function') returned.then(undefined, reject)
  })
}

module.exports = { exchange, sendParts, streamed, Window }
