'use strict'
/**
 * The program of one instance: starts the code's own server, and passes on what the server of the platform sends it.
 * Speaks docs/reference/runtime-protocol.md on one side and HTTP on the other. Its first argument is the path of
 * `@millrace/spi/adapter`.
 */
const { CodeServer, HealthCheck, Program, run } = require(process.argv[2])
const { claimPort } = require('./port.cjs')

class CustomAdapter {
  language = 'custom'
  version = '1'
  program
  #header
  #instance
  #server
  #health

  async start(header, instance) {
    this.#header = header
    this.#instance = instance
    const { command = [], port: wantedPort = 9000, healthCheck } = header.server ?? {}
    const port = await claimPort(wantedPort)
    this.program = new Program({
      command: command.length === 0 ? [`${header.codePath}/bootstrap`] : command,
      folder: header.codePath,
      environment: {
        ...header.environment,
        FC_SERVER_PORT: String(port),
        FC_CUSTOM_LISTEN_PORT: String(port),
      },
      output: instance.output,
    })
    this.#server = new CodeServer({ port, initialization: header, program: this.program })
    await this.#alive(this.#server.untilListening(() => instance.output.recent))
    if (header.initializer !== undefined) await this.#alive(this.#server.initialize())
    if (healthCheck === undefined) return
    this.#health = new HealthCheck(this.#server, healthCheck, (well, reason) =>
      instance.tellHealth(well, reason),
    )
    await this.#alive(this.#health.start())
  }

  /** Waits, but for no program that has ended. */
  #alive(step) {
    return Promise.race([step, this.program.untilExit()])
  }

  async invoke(call) {
    if (this.#health?.isWell === false) throw this.#health.failure
    // As the compatible platform has it: without a health check, and alone, a cancelled request costs the instance.
    return this.#server.invoke(call, () => {
      return this.#health !== undefined || call.header.http !== undefined || this.#instance.runningCount > 1
    })
  }

  async freeze() {
    this.#health?.pause()
    if (this.#header.preFreeze !== undefined) await this.#server.hook('/pre-freeze')
  }

  thaw() {
    this.#health?.resume()
  }

  async stop() {
    this.#health?.pause()
    if (this.program === undefined) return
    if (this.#header.preStop !== undefined && !this.program.hasEnded) await this.#preStop()
    await this.program.end()
  }

  async #preStop() {
    try {
      await this.#alive(this.#server.hook('/pre-stop'))
    } catch {
      // A hook that fails does not keep the instance.
    }
  }
}

run(new CustomAdapter())
