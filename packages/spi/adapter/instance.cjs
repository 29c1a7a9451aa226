'use strict'
const net = require('node:net')
const { Call } = require('./call.cjs')
const { Failure } = require('./failure.cjs')
const {
  frameReader,
  protocolVersion,
  resultBytesMax,
  toInstance,
  toServer,
  writeFrame,
} = require('./frames.cjs')
const { Output } = require('./output.cjs')

/** Frames are flushed so long at the end; then the process ends without them. */
const leaveGraceMs = 1000

/**
 * The frames' side of an adapter: a program in an instance that runs the code's own program and speaks to it in another
 * way. `adapter` does the rest:
 *
 * - `language`, `version` for the hello.
 * - `start(header, instance)` resolves when the code can be called; rejects with a `Failure`.
 * - `invoke(call)` resolves with `{ contentType, payload }`, or rejects with a `Failure`.
 * - `freeze()` and `stop()` run what the code wants run before; `stop` also ends the code's program. `stop` is also called
 *   when nothing was started. `thaw()`, where there is one, is called at the first frame after a freeze.
 * - `abandon()`, where there is one, removes what would outlive this process when the server is gone; it has a second.
 * - `repeatsServer`: see `output.cjs`.
 * - `program`, once there is one: see `program.cjs`.
 *
 *     booting → initializing → ready → draining → dying
 *
 * The order of frames is kept; `dying` comes from any state, and from `draining` after the last invocation.
 */
class Instance {
  #adapter
  #socket
  #state = 'booting'
  #running = new Map()
  #highestChannel = 0
  #isFrozen = false
  #firstRequestId = ''
  #hasVanished = false
  /** What output belongs to while no invocation runs: the initializer and the hooks. */
  #initialization
  #hook
  #output

  constructor(adapter) {
    this.#adapter = adapter
    this.#output = new Output(() => this.#owner(), adapter.repeatsServer)
  }

  get output() {
    return this.#output
  }

  get runningCount() {
    return this.#running.size
  }

  connect(socketPath) {
    this.#socket = net.connect({ path: socketPath })
    const read = frameReader((...frame) => this.#onFrame(...frame))
    this.#socket.on('data', chunk => {
      try {
        read(chunk)
      } catch {
        this.#vanish()
      }
    })
    this.#socket.on('error', () => this.#vanish())
    this.#socket.on('close', () => {
      if (this.#state !== 'dying') this.#vanish()
    })
    const { language, version } = this.#adapter
    this.#send(toServer.hello, 0, { protocol: protocolVersion, language, version })
  }

  /** Tells the server whether this instance is fit for invocations: see `health.cjs`. */
  tellHealth(well, reason) {
    if (this.#state !== 'dying') this.#send(toServer.health, 0, { well, reason })
  }

  /** A mistake of the adapter itself: nothing that runs can be answered any more. */
  die(thrown) {
    if (this.#state === 'dying') return
    const { header } = Failure.of(thrown)
    process.stderr.write(`${thrown?.stack ?? thrown}\n`)
    if (this.#state === 'initializing') this.#send(toServer.error, 0, header)
    for (const channel of this.#running.keys()) this.#send(toServer.error, channel, header)
    this.#leave(() => process.exit(1))
  }

  #send(...frame) {
    writeFrame(this.#socket, ...frame)
  }

  #owner() {
    if (this.#running.size > 1) return undefined
    for (const call of this.#running.values()) return call
    return this.#initialization ?? this.#hook
  }

  /** Runs a step of the adapter in which the code's hooks run. */
  async #hooked(step) {
    const hook = { requestId: this.#firstRequestId, openLine: {} }
    this.#hook = hook
    try {
      await step()
      await turn()
    } finally {
      this.#output.endLines(hook)
      if (this.#hook === hook) this.#hook = undefined
    }
  }

  #onFrame(frameType, channel, header, payload) {
    if (this.#isFrozen) {
      this.#isFrozen = false
      this.#adapter.thaw?.()
    }
    if (frameType === toInstance.invoke) void this.#invoke(channel, header, payload)
    else if (frameType === toInstance.credit) this.#running.get(channel)?.credit(header.bytes)
    else if (frameType === toInstance.cancel) this.#running.get(channel)?.cancel()
    else if (frameType === toInstance.ping) this.#send(toServer.pong, channel, undefined, payload)
    else if (frameType === toInstance.freeze) void this.#freeze()
    else if (frameType === toInstance.drain) {
      if (this.#state !== 'dying') this.#state = 'draining'
      if (this.#running.size === 0) void this.#stop()
    } else if (frameType === toInstance.initialize) {
      if (this.#state !== 'booting') throw new Error('initialize came twice')
      this.#state = 'initializing'
      void this.#initialize(header)
    } else throw new Error(`unknown frame type ${frameType}`)
  }

  async #initialize(header) {
    const initialization = { requestId: header.requestId, openLine: {}, startedAt: performance.now() }
    this.#initialization = initialization
    this.#firstRequestId = header.requestId
    let failure
    try {
      await this.#adapter.start(header, this)
    } catch (thrown) {
      failure = Failure.of(thrown)
    }
    await turn()
    this.#output.endLines(initialization)
    this.#initialization = undefined
    if (this.#state === 'draining') return
    if (this.#state !== 'initializing') return
    if (failure !== undefined) {
      this.#send(toServer.error, 0, { ...failure.header, ...this.#figures(initialization) })
      this.#state = 'dying'
      await this.#adapter.stop()
      this.#leave(() => process.exit(1))
      return
    }
    this.#output.stopKeeping()
    this.#state = 'ready'
    this.#send(toServer.initialized, 0, this.#figures(initialization))
    void this.#adapter.program.exited.then(exit => this.#onProgramExit(exit))
  }

  async #invoke(channel, header, payload) {
    if (this.#state !== 'ready') return
    const call = new Call(channel, header, payload, (...frame) => this.#send(...frame))
    this.#running.set(channel, call)
    this.#highestChannel = channel
    let value
    let failure
    try {
      value = await this.#adapter.invoke(call)
      checkSize(value.payload)
    } catch (thrown) {
      failure = Failure.of(thrown)
    }
    // What the code has written before its answer is there by then.
    await turn()
    if (this.#state === 'dying' || !this.#running.has(channel)) return
    this.#output.endLines(call)
    this.#running.delete(channel)
    const figures = this.#figures(call)
    if (failure === undefined) {
      const { contentType } = value
      this.#send(toServer.result, channel, { contentType, ...figures }, value.payload)
    } else this.#send(toServer.error, channel, { ...failure.header, ...figures })
    if (this.#state === 'draining' && this.#running.size === 0) void this.#stop()
  }

  async #freeze() {
    const startedAt = performance.now()
    let error
    try {
      await this.#hooked(() => this.#adapter.freeze())
    } catch (thrown) {
      error = Failure.of(thrown).message
    }
    if (this.#state === 'dying') return
    this.#isFrozen = true
    this.#send(toServer.frozen, 0, { durationMs: performance.now() - startedAt, error })
  }

  async #stop() {
    if (this.#state === 'dying') return
    this.#state = 'dying'
    await this.#hooked(() => this.#adapter.stop())
    this.#leave(() => process.exit(0))
  }

  /** Without its program the adapter is nothing: it ends as the program did, and the server answers what ran. */
  #onProgramExit({ code, signal }) {
    if (this.#state === 'dying') return
    for (const call of this.#running.values()) this.#output.endLines(call)
    this.#leave(() => {
      if (signal === null) process.exit(code)
      process.kill(process.pid, signal)
      // The first process of a namespace is not hurt by its own signals.
      process.exit(128 + (require('node:os').constants.signals[signal] ?? 0))
    })
  }

  /** The server is gone or does not speak the protocol: nobody waits for this process or for what it has started. */
  #vanish() {
    if (this.#hasVanished) return
    this.#hasVanished = true
    const { abandon } = this.#adapter
    if (abandon === undefined) {
      this.#endAtOnce()
      return
    }
    setTimeout(() => this.#endAtOnce(), leaveGraceMs)
    void abandon.call(this.#adapter).finally(() => this.#endAtOnce())
  }

  #endAtOnce() {
    this.#adapter.program?.kill()
    try {
      process.kill(-process.pid, 'SIGKILL')
    } catch {
      // Not the leader of a process group: there are no others to end.
    }
    process.exit(70)
  }

  #leave(exit) {
    this.#state = 'dying'
    this.#send(toServer.leaving, this.#highestChannel)
    this.#socket.end(exit)
    setTimeout(() => exit(), leaveGraceMs)
  }

  #figures({ startedAt }) {
    const durationMs = performance.now() - startedAt
    return { durationMs, memoryKiB: this.#adapter.program?.memoryKiB ?? process.resourceUsage().maxRSS }
  }
}

function checkSize(payload) {
  if (payload === undefined || payload.length <= resultBytesMax) return
  throw new Failure(
    'unhandled',
    'ResultTooLarge',
    `The result has ${payload.length} bytes; the limit is ${resultBytesMax}`,
  )
}

/** Resolves after everything that could be read by now has been. */
function turn() {
  return new Promise(resolve => setImmediate(resolve))
}

/** Connects an adapter to the server that has started this process. */
function run(adapter) {
  const instance = new Instance(adapter)
  process.on('uncaughtException', error => instance.die(error))
  process.on('unhandledRejection', error => instance.die(error))
  instance.connect(process.env.MILLRACE_SOCKET)
}

module.exports = { run }
