'use strict'
const { Failure } = require('./failure.cjs')

/** Asks the code's server at intervals whether it is well (function-compute section 4.9). */
class HealthCheck {
  #server
  #spec
  #tell
  #timer
  #failures = 0
  #successes = 0
  isWell = true

  /** `spec` as in a function's definition. `tell(well, reason)` is called at each change. */
  constructor(server, spec, tell) {
    this.#server = server
    this.#spec = {
      initialDelayMs: 0,
      periodMs: 3000,
      timeoutMs: 1000,
      failuresMax: 3,
      successesMin: 1,
      ...spec,
    }
    this.#tell = tell
  }

  /** The check that decides whether the instance starts; then the periodic ones begin. Rejects with a `Failure`. */
  async start() {
    const { path, initialDelayMs, timeoutMs } = this.#spec
    if (initialDelayMs > 0) await new Promise(resolve => setTimeout(resolve, initialDelayMs))
    const status = await this.#server.health(path, timeoutMs)
    if (!isGood(status)) {
      const found = status === undefined ? `no answer in ${timeoutMs} ms` : `status code: ${status}`
      const message = `The function http server cannot be started. check function health failed with ${found} `
      throw new Failure('unhandled', 'FunctionNotStarted', message)
    }
    this.resume()
  }

  /** While everything stands still no check can tell anything. */
  pause() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  resume() {
    this.#timer ??= setTimeout(() => void this.#ask(), this.#spec.periodMs).unref()
  }

  /** Why an invocation is refused while the server is not well. */
  get failure() {
    const { path, failuresMax } = this.#spec
    const message = `The function http server is not healthy: ${path} failed ${failuresMax} times in a row`
    return new Failure('unhandled', 'FunctionNotStarted', message)
  }

  async #ask() {
    const { path, timeoutMs, failuresMax, successesMin } = this.#spec
    const timer = this.#timer
    const status = await this.#server.health(path, timeoutMs)
    if (this.#timer !== timer) return
    this.#failures = isGood(status) ? 0 : this.#failures + 1
    this.#successes = isGood(status) ? this.#successes + 1 : 0
    const isWell = this.isWell ? this.#failures < failuresMax : this.#successes >= successesMin
    if (isWell !== this.isWell) {
      this.isWell = isWell
      this.#tell(isWell, isWell ? undefined : this.failure.message)
    }
    this.#timer = undefined
    this.resume()
  }
}

function isGood(status) {
  return status !== undefined && status >= 200 && status < 400
}

module.exports = { HealthCheck }
