'use strict'
const http = require('node:http')
const net = require('node:net')
const { Failure } = require('./failure.cjs')
const { resultBytesMax } = require('./frames.cjs')
const { commonHeaders } = require('./headers.cjs')

/** The server of the code has so long until it listens. */
const listenTimeoutMs = 120_000
const pollMs = 5
/** A server that has not answered the first question in this time is one that answers none. */
const silentMs = 1000
/** A connection that breaks may be the first sign of the end of the program: so long its end is waited for. */
const endOfProgramMs = 50
/** A cancelled request is closed for good after this time, where the instance is to be kept. */
const cancelGraceMs = 500

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** Headers of one connection, and those that the platform makes itself. */
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
])

/** The HTTP server of the code, as function-compute section 4.9 has it asked. */
class CodeServer {
  #host
  #port
  #configuredPort
  #isBehindProxy
  #initialization
  #program
  #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 200 })

  /**
   * `initialization`: the header of the `initialize` frame. `program`: see `program.cjs`; it only has to say `hasEnded`.
   * `configuredPort`: what messages call the port, where it is another one for the code. `isBehindProxy`: somebody else
   * takes connections before the code does, and closes them.
   */
  constructor({
    host = '127.0.0.1',
    port,
    configuredPort = port,
    isBehindProxy = false,
    initialization,
    program,
  }) {
    this.#host = host
    this.#port = port
    this.#configuredPort = configuredPort
    this.#isBehindProxy = isBehindProxy
    this.#initialization = initialization
    this.#program = program
  }

  /** Resolves when the port takes connections; gives up with a `Failure`. `logs()` is the output of the program so far. */
  async untilListening(logs) {
    const giveUpAt = performance.now() + listenTimeoutMs
    while (!(await this.#accepts())) {
      // The end of the program has a failure of its own, which is on its way.
      if (this.#program.hasEnded) return new Promise(() => {})
      if (performance.now() > giveUpAt) {
        const limit = listenTimeoutMs / 1000
        const message = `Function instance health check failed on port ${this.#configuredPort} in ${limit} seconds.\nLogs:${logs()}`
        throw new Failure('unhandled', 'FunctionNotStarted', message)
      }
      await new Promise(resolve => setTimeout(resolve, pollMs))
    }
  }

  #accepts() {
    return new Promise(resolve => {
      const socket = net.connect({ host: this.#host, port: this.#port })
      const succeed = () => {
        resolve(true)
        socket.destroy()
      }
      socket.on('connect', () => {
        if (!this.#isBehindProxy) {
          succeed()
          return
        }
        // The question that concerns no resource: any answer will do, and a server that gives none has taken it.
        socket.write(`OPTIONS * HTTP/1.1\r\nhost: ${this.#host}\r\nconnection: close\r\n\r\n`)
        setTimeout(succeed, silentMs)
      })
      socket.on('data', succeed)
      socket.on('error', () => {})
      socket.on('close', () => resolve(false))
    })
  }

  /** Runs the initializer; rejects with a `Failure` of the kind `initialization`. */
  async initialize() {
    const timeoutMs = (this.#initialization.context.function?.initializationTimeout ?? 0) * 1000
    const deadlineMs = timeoutMs > 0 ? Date.now() + timeoutMs : undefined
    const { status, body } = await this.#hook('POST', '/initialize', timeoutMs, { deadlineMs })
    if (status >= 200 && status < 300) return
    const text = body.length === 0 ? Buffer.from(`/initialize was answered with the status ${status}`) : body
    throw Failure.fromBody('initialization', 'InitializationError', text)
  }

  /** Calls one of the hooks at the end or before a freeze. Rejects unless the answer is 2xx or 4xx: those mean "no such hook". */
  async hook(hookPath) {
    const requestId = require('node:crypto').randomUUID()
    const { status, body } = await this.#hook('GET', hookPath, 0, { requestId })
    if ((status >= 200 && status < 300) || status === 400 || status === 404) return
    const text = body.length === 0 ? Buffer.from(`${hookPath} was answered with the status ${status}`) : body
    throw Failure.fromBody('unhandled', 'HookFailed', text)
  }

  #hook(method, hookPath, timeoutMs, invocation) {
    const { requestId } = this.#initialization
    const headers = {
      ...commonHeaders(this.#initialization, { requestId, ...invocation }),
      'x-fc-control-path': hookPath,
    }
    return new Promise((resolve, reject) => {
      const options = method === 'POST' ? { 'content-length': 0, ...headers } : headers
      const request = this.#request(method, hookPath, options)
      const timer =
        timeoutMs > 0
          ? setTimeout(() => {
              const limit = `${timeoutMs / 1000} ${timeoutMs === 1000 ? 'second' : 'seconds'}`
              const message = `Function initialization timed out after ${limit}`
              request.destroy(new Failure('initialization', 'InitializationError', message))
            }, timeoutMs)
          : undefined
      const settle = (act, value) => {
        clearTimeout(timer)
        act(value)
      }
      request.on('error', error => {
        const failure = error instanceof Failure ? error : brokenHook(method, hookPath)
        settle(reject, failure)
      })
      request.on('response', response => {
        readAll(response).then(
          body => settle(resolve, { status: response.statusCode, body }),
          error => settle(reject, error instanceof Failure ? error : brokenHook(method, hookPath)),
        )
      })
      request.end()
    })
  }

  /** Asks the health path; resolves with the status, or with `undefined` when there was no answer in time. */
  health(healthPath, timeoutMs) {
    return new Promise(resolve => {
      const { requestId } = this.#initialization
      const request = this.#request('GET', healthPath, { 'x-fc-request-id': requestId })
      const timer = setTimeout(() => request.destroy(), timeoutMs)
      const settle = status => {
        clearTimeout(timer)
        resolve(status)
      }
      request.on('error', () => settle(undefined))
      request.on('response', response => {
        response.resume()
        response.on('end', () => settle(response.statusCode))
        response.on('error', () => settle(undefined))
      })
      request.end()
    })
  }

  /**
   * One invocation: an event by POST /invoke, or the HTTP request that it carries. `keeps()` says whether the instance
   * is to outlive a cancelled request that the code goes on with.
   */
  async invoke(call, keeps) {
    const { http: head } = call.header
    const attempt =
      head === undefined ? () => this.#event(call, keeps) : () => this.#proxied(call, head, keeps)
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof Failure) throw error
      if (call.cancelled) throw new Failure('unhandled', 'Cancelled', 'The invocation was cancelled')
      await new Promise(resolve => setTimeout(resolve, endOfProgramMs))
      // The end of the program answers everything that runs.
      if (this.#program.hasEnded) return new Promise(() => {})
      if (call.hasBegun || head === undefined || !idempotentMethods.has(head.method)) throw brokenConnection()
    }
    try {
      return await attempt()
    } catch (error) {
      throw error instanceof Failure ? error : brokenConnection()
    }
  }

  async #event(call, keeps) {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': call.payload.length,
      ...commonHeaders(this.#initialization, call.header),
      'x-fc-control-path': '/invoke',
    }
    const response = await this.#send(call, this.#request('POST', '/invoke', headers), keeps)
    const body = await readAll(response)
    const told = response.headers['x-fc-status']
    if (told !== undefined && told !== '200') throw Failure.fromBody('unhandled', 'InvocationError', body)
    return { contentType: response.headers['content-type'], payload: body }
  }

  async #proxied(call, head, keeps) {
    const headers = {
      ...passable(head.headers),
      ...commonHeaders(this.#initialization, call.header),
      'x-fc-control-path': '/http-invoke',
    }
    if (call.payload.length > 0 || !idempotentMethods.has(head.method)) {
      headers['content-length'] = call.payload.length
    }
    const target = head.query === '' ? head.path : `${head.path}?${head.query}`
    const response = await this.#send(call, this.#request(head.method, target, headers), keeps)
    call.begin({ statusCode: response.statusCode, headers: passable(flattened(response.headersDistinct)) })
    await this.#stream(call, response)
    await call.flushed()
    if (call.cancelled) throw new Failure('unhandled', 'Cancelled', 'The invocation was cancelled')
    return { contentType: response.headers['content-type'], payload: undefined }
  }

  #request(method, target, headers) {
    return http.request({
      host: this.#host,
      port: this.#port,
      agent: this.#agent,
      method,
      path: target,
      headers,
    })
  }

  /** Sends a request with the payload of the call; resolves with the response's head. */
  #send(call, request, keeps) {
    return new Promise((resolve, reject) => {
      request.on('error', reject)
      request.on('response', resolve)
      call.onCancel = () => {
        // The code's server sees that nobody listens any more, and can still answer.
        if (request.writableFinished) request.socket.end()
        else request.once('finish', () => request.socket.end())
        setTimeout(() => {
          if (keeps()) request.destroy()
        }, cancelGraceMs).unref()
      }
      if (call.cancelled) call.onCancel()
      request.end(call.payload)
    })
  }

  #stream(call, response) {
    return new Promise((resolve, reject) => {
      call.onRoom = () => response.resume()
      response.on('data', chunk => {
        if (!call.write(chunk)) response.pause()
      })
      response.on('end', resolve)
      response.on('error', reject)
      response.on('close', () => reject(new Error('the response was cut off')))
    })
  }
}

function readAll(response) {
  return new Promise((resolve, reject) => {
    const chunks = []
    let bytes = 0
    response.on('data', chunk => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes <= resultBytesMax) return
      reject(
        new Failure('unhandled', 'ResultTooLarge', `The result exceeds the limit of ${resultBytesMax} bytes`),
      )
      response.destroy()
    })
    response.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    response.on('error', reject)
    response.on('close', () => reject(new Error('the response was cut off')))
  })
}

/** Without the headers of one hop, and without those in the platform's own name, but for the code's verdict. */
function passable(headers) {
  const kept = {}
  for (const [name, value] of Object.entries(headers)) {
    if (hopHeaders.has(name) || (name.startsWith('x-fc-') && name !== 'x-fc-status')) continue
    kept[name] = value
  }
  return kept
}

function flattened(headers) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

function brokenConnection() {
  const message = 'Process exited unexpectedly before completing request'
  return new Failure('unhandled', 'ConnectionBroken', message)
}

function brokenHook(method, hookPath) {
  const kind = hookPath === '/initialize' ? 'initialization' : 'unhandled'
  return new Failure(kind, 'ConnectionBroken', `${method} ${hookPath} was not answered: the connection broke`)
}

module.exports = { CodeServer }
