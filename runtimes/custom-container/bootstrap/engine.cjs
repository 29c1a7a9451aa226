'use strict'
const http = require('node:http')

/** The version of the Engine API whose paths are used; engines serve older ones as well. */
const apiVersion = 'v1.43'
/** Longest answer that is read whole. */
const answerBytesMax = 8 * 1024 * 1024

/** An answer of the engine that says no. */
class EngineError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/** A Docker-compatible engine behind its Unix socket. */
class Engine {
  #socketPath

  constructor(socketPath) {
    this.#socketPath = socketPath
  }

  /** Resolves with the parsed answer; rejects with an `EngineError` from the status 400 on. */
  async call(method, path, body) {
    const response = await this.open(method, path, body)
    const text = await readAll(response)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** Resolves with the answer itself, to be read by the caller. */
  open(method, path, body) {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers = {
      host: 'engine',
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': payload.length }),
    }
    return new Promise((resolve, reject) => {
      const options = {
        socketPath: this.#socketPath,
        method,
        path: `/${apiVersion}${path}`,
        headers,
        agent: false,
      }
      const request = http.request(options, response => {
        if (response.statusCode < 400) resolve(response)
        else refused(response).then(reject, reject)
      })
      request.on('error', reject)
      request.end(payload)
    })
  }

  /** Fetches an image. The answer is a stream of messages, and a failure may be one of them. */
  async pull(image) {
    const slash = image.lastIndexOf('/')
    const isTagged = image.includes('@') || image.includes(':', slash + 1)
    const query = new URLSearchParams({ fromImage: image, ...(isTagged ? {} : { tag: 'latest' }) })
    const response = await this.open('POST', `/images/create?${query}`)
    const messages = await readAll(response)
    for (const line of messages.split('\n')) {
      if (line.trim() === '') continue
      const { error } = JSON.parse(line)
      if (error !== undefined) throw new EngineError(500, error)
    }
  }
}

async function refused(response) {
  const text = await readAll(response)
  let message = text
  try {
    message = JSON.parse(text).message ?? text
  } catch {
    // Not the usual form: the text as it is.
  }
  return new EngineError(response.statusCode, message.trim())
}

async function readAll(response) {
  const chunks = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new Error(`the engine's answer exceeds ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

module.exports = { Engine }
