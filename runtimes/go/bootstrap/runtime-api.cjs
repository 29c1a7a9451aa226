'use strict'
const http = require('node:http')
const { Failure } = require(process.argv[2])

const prefix = '/2020-11-11/runtime/invocation/'
/** Longest answer that is read; the protocol's limit for results is told by name. */
const answerBytesMax = 32 * 1024 * 1024

/**
 * The runtime API for one executable, on the loopback: it asks for the next thing to do with a request that is held open
 * until there is one, and posts what came of it. It may ask again before it has answered.
 */
class RuntimeApi {
  /** Held requests for the next thing to do. */
  #pollers = []
  /** Asked for, and not taken by the executable yet. */
  #waiting = []
  /** Taken and not answered, by request id. */
  #taken = new Map()
  #server = http.createServer((request, response) => void this.#answer(request, response))
  #onAsked
  /** Resolves when the executable asks for something to do for the first time: then it is ready. */
  asked = new Promise(resolve => {
    this.#onAsked = resolve
  })

  constructor() {
    // Held requests last as long as the instance.
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = 0
  }

  /** Resolves with the address for `FC_RUNTIME_API`. */
  listen() {
    return new Promise((resolve, reject) => {
      this.#server.on('error', reject)
      this.#server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${this.#server.address().port}`))
    })
  }

  /** Resolves with what the executable answers: `{ contentType, payload, params }`; rejects with a `Failure`. */
  ask({ requestId, headers, payload, failureKind = 'unhandled' }) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ requestId, headers, payload, failureKind, resolve, reject })
      this.#hand()
    })
  }

  async #answer(request, response) {
    const { url, method } = request
    if (method === 'GET' && url === `${prefix}next`) {
      this.#pollers.push(response)
      response.on('close', () => {
        this.#pollers = this.#pollers.filter(poller => poller !== response)
      })
      this.#onAsked()
      this.#hand()
      return
    }
    const [requestId, verb] = url.startsWith(prefix) ? url.slice(prefix.length).split('/') : []
    const body = await read(request)
    const entry = this.#taken.get(requestId)
    if (method !== 'POST' || entry === undefined || (verb !== 'response' && verb !== 'error')) {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ errorMessage: `nothing runs that ${method} ${url} could answer` }))
      return
    }
    this.#taken.delete(requestId)
    response.end()
    if (body === undefined) {
      entry.reject(new Failure('unhandled', 'ResultTooLarge', `The result exceeds ${answerBytesMax} bytes`))
    } else if (verb === 'error') entry.reject(Failure.fromBody(entry.failureKind, 'Error', body))
    else {
      const { 'content-type': contentType, 'x-fc-http-params': params } = request.headers
      entry.resolve({ contentType, params, payload: body })
    }
    this.#hand()
  }

  /** Gives what waits to whoever asks. Two with one request id could not be told apart: the second waits for the first. */
  #hand() {
    while (this.#pollers.length > 0) {
      const index = this.#waiting.findIndex(({ requestId }) => !this.#taken.has(requestId))
      if (index === -1) return
      const [entry] = this.#waiting.splice(index, 1)
      this.#taken.set(entry.requestId, entry)
      const response = this.#pollers.shift()
      response.on('close', () => {
        if (response.writableFinished || this.#taken.get(entry.requestId) !== entry) return
        // Whoever asked was gone by then: the next one gets it.
        this.#taken.delete(entry.requestId)
        this.#waiting.unshift(entry)
        this.#hand()
      })
      response.writeHead(200, { ...entry.headers, 'content-length': entry.payload.length })
      response.end(entry.payload)
    }
  }
}

/** Resolves with the whole body, or with `undefined` when it exceeds the limit; it is read to its end all the same. */
async function read(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= answerBytesMax) chunks.push(chunk)
  }
  return bytes <= answerBytesMax ? Buffer.concat(chunks) : undefined
}

module.exports = { RuntimeApi }
