'use strict'
const { PassThrough } = require('node:stream')
const { Failure } = require(process.argv[2])
const { ownLabels } = require('./leftovers.cjs')

const processesMax = 1024
/** A container that was asked to stop has so long for it, in seconds. */
const stopSeconds = 1
/** A container without its port may have ended: so long that is waited for. */
const endOfContainerMs = 500
/** After its end its output is read so long. */
const outputGraceMs = 50
/** How old the figure of the memory may be. */
const memoryAgeMsMax = 5000

/** Variables whose values are places on the machine of the server; images have their own. */
const hostVariables = new Set(['HOME', 'TMPDIR', 'FC_FUNC_CODE_PATH'])
/** The search path that functions get which do not choose one: an image knows better. */
const defaultSearchPath = '/usr/local/bin:/usr/bin:/bin'

/** One running container, in the place of the program that other runtimes start: see `@millrace/spi/adapter`. */
class Container {
  #engine
  #id
  #image
  #output
  #exit
  #memoryKiB = 0
  #memoryAtMs = Number.NEGATIVE_INFINITY
  /** Where its port is published on the loopback. */
  port
  /** Resolves with `{ code, signal }` when it has ended. */
  exited

  constructor(engine, id, image, output) {
    this.#engine = engine
    this.#id = id
    this.#image = image
    this.#output = output
  }

  /** Creates and starts it; the image is fetched when it is not there. Rejects with a `Failure`. */
  static async start(engine, { image, memoryMiB, cpu, server, environment, output }) {
    const body = creation({ image, memoryMiB, cpu, server, environment })
    const id = await created(engine, image, body)
    const container = new Container(engine, id, image, output)
    try {
      await container.#run(server.port)
      return container
    } catch (error) {
      await container.remove()
      if (error instanceof Failure) throw error
      throw notStarted(`the container of ${image} did not start: ${error.message}`)
    }
  }

  async #run(port) {
    const path = `/containers/${this.#id}`
    await this.#engine.call('POST', `${path}/start`)
    this.exited = this.#ending(`${path}/wait?condition=not-running`)
    const logs = await this.#engine.open('GET', `${path}/logs?follow=1&stdout=1&stderr=1`)
    separate(logs, this.#output)
    const { NetworkSettings } = await this.#engine.call('GET', `${path}/json`)
    this.port = Number(NetworkSettings.Ports?.[`${port}/tcp`]?.[0]?.HostPort)
    if (this.port > 0) return
    // One that has ended has no ports any more; its end is told by another answer.
    await Promise.race([this.exited, new Promise(resolve => setTimeout(resolve, endOfContainerMs))])
    if (this.hasEnded) throw this.exitFailure
    throw new Error(`port ${port} was not published`)
  }

  async #ending(path) {
    try {
      const { StatusCode } = await this.#engine.call('POST', path)
      await new Promise(resolve => setTimeout(resolve, outputGraceMs))
      this.#exit = { code: StatusCode, signal: null }
    } catch {
      // The engine is gone; whether the container is cannot be known.
      this.#exit = { code: 1, signal: null }
    }
    return this.#exit
  }

  get hasEnded() {
    return this.#exit !== undefined
  }

  async untilExit() {
    await this.exited
    throw this.exitFailure
  }

  get exitFailure() {
    const message = `Function instance exited unexpectedly(code ${this.#exit.code}) with image '${this.#image}'.\nLogs:${this.#output.recent}`
    return new Failure('unhandled', 'CAExited', message)
  }

  /** What was seen last; asking for it lets the next one be newer. */
  get memoryKiB() {
    const nowMs = performance.now()
    if (nowMs - this.#memoryAtMs > memoryAgeMsMax) {
      this.#memoryAtMs = nowMs
      void this.#measure()
    }
    return this.#memoryKiB || process.resourceUsage().maxRSS
  }

  async #measure() {
    try {
      const path = `/containers/${this.#id}/stats?stream=false&one-shot=true`
      const { memory_stats: memory } = await this.#engine.call('GET', path)
      const bytes = memory?.max_usage ?? memory?.usage ?? 0
      this.#memoryKiB = Math.max(this.#memoryKiB, Math.round(bytes / 1024))
    } catch {
      // The last figure stands.
    }
  }

  pause() {
    return this.#engine.call('POST', `/containers/${this.#id}/pause`)
  }

  unpause() {
    return this.#engine.call('POST', `/containers/${this.#id}/unpause`)
  }

  /** Asks it to end, then makes it; nothing of it is left. */
  async end() {
    if (!this.hasEnded) {
      await this.#engine.call('POST', `/containers/${this.#id}/stop?t=${stopSeconds}`).catch(() => {})
    }
    await this.remove()
  }

  async remove() {
    await this.#engine.call('DELETE', `/containers/${this.#id}?force=1`).catch(() => {})
  }

  /** Nothing that would not take time: see `remove`. */
  kill() {}
}

function creation({ image, memoryMiB, cpu, server, environment }) {
  const { command, programLength = command.length, port } = server
  const entrypoint = command.slice(0, programLength)
  const args = command.slice(programLength)
  const memoryBytes = memoryMiB * 1024 * 1024
  const exposed = `${port}/tcp`
  return {
    Image: image,
    ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
    ...(args.length === 0 ? {} : { Cmd: args }),
    Env: variables(environment, port),
    ExposedPorts: { [exposed]: {} },
    Labels: ownLabels(),
    HostConfig: {
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      ...(cpu === undefined ? {} : { NanoCpus: Math.round(cpu * 1e9) }),
      PidsLimit: processesMax,
      SecurityOpt: ['no-new-privileges'],
      PortBindings: { [exposed]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
  }
}

function variables(environment, port) {
  const own = Object.entries(environment).filter(
    ([name, value]) => !hostVariables.has(name) && !(name === 'PATH' && value === defaultSearchPath),
  )
  const platform = Object.entries({ FC_SERVER_PORT: port, FC_CUSTOM_LISTEN_PORT: port })
  return [...own, ...platform].map(([name, value]) => `${name}=${value}`)
}

async function created(engine, image, body) {
  try {
    return (await engine.call('POST', '/containers/create', body)).Id
  } catch (error) {
    if (error.status !== 404) throw notStarted(`a container of ${image} was refused: ${error.message}`)
  }
  try {
    await engine.pull(image)
    return (await engine.call('POST', '/containers/create', body)).Id
  } catch (error) {
    throw notStarted(`the image ${image} cannot be had: ${error.message}`)
  }
}

function notStarted(reason) {
  const message = `The function cannot be started. Failed to start function instance. Error: ${reason}`
  return new Failure('unhandled', 'FunctionNotStarted', message)
}

/** Both outputs come in one stream: a byte for which, three of nothing, four for the length, and so many of text. */
function separate(logs, output) {
  const streams = { 1: new PassThrough(), 2: new PassThrough() }
  output.relay(streams[1], 'o')
  output.relay(streams[2], 'e')
  let pending = Buffer.alloc(0)
  logs.on('data', chunk => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= 8 && pending.length >= 8 + pending.readUInt32BE(4)) {
      const end = 8 + pending.readUInt32BE(4)
      streams[pending[0]]?.write(pending.subarray(8, end))
      pending = pending.subarray(end)
    }
  })
  logs.on('error', () => {})
}

module.exports = { Container }
