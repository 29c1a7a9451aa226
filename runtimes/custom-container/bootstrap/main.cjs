'use strict'
/**
 * The program of one instance: has an engine run a container, and passes on what the server of the platform sends it.
 * The container is the engine's; this process owns it, and removes it when it ends. Its arguments are the path of
 * `@millrace/spi/adapter` and a JSON object: socket of the engine, image, limits.
 */
const { CodeServer, Failure, HealthCheck, run } = require(process.argv[2])
const { Container } = require('./container.cjs')
const { Engine } = require('./engine.cjs')
const { removeLeftovers } = require('./leftovers.cjs')

/** Output comes by way of the engine: so long an answer waits for it, that it may be told whose it is. */
const outputDelayMs = 5

class ContainerAdapter {
  language = 'custom-container'
  version = '1'
  program
  #header
  #instance
  #server
  #health
  #thawed = Promise.resolve()
  #isPaused = false

  async start(header, instance) {
    this.#header = header
    this.#instance = instance
    const { socketPath, ...launch } = JSON.parse(process.argv[3])
    if (launch.image === undefined) {
      throw new Failure('unhandled', 'FunctionNotStarted', 'The function has no image: server.image names it')
    }
    const engine = new Engine(socketPath)
    await removeLeftovers(engine)
    const server = { command: [], port: 9000, ...header.server }
    const { environment } = header
    this.program = await Container.start(engine, { ...launch, server, environment, output: instance.output })
    this.#server = new CodeServer({
      port: this.program.port,
      configuredPort: server.port,
      isBehindProxy: true,
      initialization: header,
      program: this.program,
    })
    await this.#alive(this.#server.untilListening(() => instance.output.recent))
    if (header.initializer !== undefined) await this.#alive(this.#server.initialize())
    if (server.healthCheck === undefined) return
    this.#health = new HealthCheck(this.#server, server.healthCheck, (well, reason) =>
      instance.tellHealth(well, reason),
    )
    await this.#alive(this.#health.start())
  }

  /** Waits, but for no container that has ended. */
  #alive(step) {
    return Promise.race([step, this.program.untilExit()])
  }

  async invoke(call) {
    await this.#thawed
    if (this.#health?.isWell === false) throw this.#health.failure
    const answer = await this.#server.invoke(call, () => {
      return this.#health !== undefined || call.header.http !== undefined || this.#instance.runningCount > 1
    })
    await new Promise(resolve => setTimeout(resolve, outputDelayMs))
    return answer
  }

  async freeze() {
    this.#health?.pause()
    try {
      if (this.#header.preFreeze !== undefined) await this.#server.hook('/pre-freeze')
    } finally {
      // An invocation may have come while the hook ran.
      if (this.#instance.runningCount === 0) {
        this.#isPaused = true
        await this.program.pause()
      }
    }
  }

  thaw() {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#thawed = this.program.unpause().then(() => this.#health?.resume())
  }

  async stop() {
    this.#health?.pause()
    if (this.program === undefined) return
    try {
      await this.#thawed
      if (this.#header.preStop !== undefined && !this.program.hasEnded) {
        await this.#alive(this.#server.hook('/pre-stop'))
      }
    } catch {
      // A hook that fails does not keep the instance.
    }
    await this.program.end()
  }

  /** The server is gone: the container must not outlive it. */
  async abandon() {
    await this.program?.remove()
  }
}

run(new ContainerAdapter())
