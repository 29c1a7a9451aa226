'use strict'
/**
 * The program of one instance: starts the executable of the code, and hands it what the server sends by the runtime API
 * (function-compute section 4.12). Speaks docs/reference/runtime-protocol.md on the other side. Its first argument is the
 * path of `@millrace/spi/adapter`.
 */
const fs = require('node:fs')
const path = require('node:path')
const { commonHeaders, Failure, Program, run } = require(process.argv[2])
const { httpAnswer, httpParams } = require('./http-params.cjs')
const { RuntimeApi } = require('./runtime-api.cjs')

/** What the executable is asked for, as it stands in `x-fc-function-type`. */
const functionType = { invoke: 0, initialize: 1, preStop: 2, preFreeze: 3 }
/** Deadline of the hooks whose time-out the server keeps: the longest there may be. */
const hookTimeoutMsMax = 90_000

class GoAdapter {
  language = 'go'
  version = '1'
  /** The SDK prints the lines around each invocation. */
  repeatsServer = true
  program
  #header
  #api = new RuntimeApi()

  async start(header, instance) {
    this.#header = header
    const executable = path.resolve(header.codePath, header.handler)
    if (!executable.startsWith(header.codePath + path.sep) || !fs.existsSync(executable)) {
      throw new Failure('unhandled', 'ImportModuleError', `Unable to find the executable '${header.handler}'`)
    }
    const address = await this.#api.listen()
    this.program = new Program({
      command: [executable],
      folder: header.codePath,
      environment: {
        ...header.environment,
        ...(header.initializer === undefined ? {} : { FC_INITIALIZER_HANDLER: header.initializer }),
        FC_RUNTIME_API: address,
      },
      output: instance.output,
    })
    await this.#alive(this.#api.asked)
    if (header.initializer === undefined) return
    const seconds = header.context.function?.initializationTimeout ?? 0
    const timeoutMs = seconds > 0 ? seconds * 1000 : hookTimeoutMsMax
    await this.#alive(this.#hook(functionType.initialize, 'initialization', header.requestId, timeoutMs))
  }

  /** Waits, but for no program that has ended. */
  #alive(step) {
    return Promise.race([step, this.program.untilExit()])
  }

  async invoke(call) {
    const { http } = call.header
    const headers = this.#headers(functionType.invoke, call.header)
    if (http !== undefined) headers['x-fc-http-params'] = httpParams(http)
    const answer = await this.#api.ask({ requestId: call.requestId, headers, payload: call.payload })
    if (http === undefined) return { contentType: answer.contentType, payload: answer.payload }
    const { head, body } = httpAnswer(answer)
    call.begin(head)
    call.write(body)
    await call.flushed()
    return { contentType: head.headers['content-type'], payload: undefined }
  }

  async freeze() {
    if (this.#header.preFreeze !== undefined) await this.#endHook(functionType.preFreeze)
  }

  async stop() {
    if (this.program === undefined) return
    if (this.#header.preStop !== undefined && !this.program.hasEnded) {
      try {
        await this.#endHook(functionType.preStop)
      } catch {
        // A hook that fails does not keep the instance.
      }
    }
    await this.program.end()
  }

  #endHook(type) {
    return this.#alive(this.#hook(type, 'unhandled', require('node:crypto').randomUUID(), hookTimeoutMsMax))
  }

  #hook(type, failureKind, requestId, timeoutMs) {
    const headers = this.#headers(type, { requestId, deadlineMs: Date.now() + timeoutMs })
    return this.#api.ask({ requestId, headers, payload: Buffer.alloc(0), failureKind })
  }

  #headers(type, invocation) {
    return {
      // The SDK takes no request without a time-out.
      'x-fc-function-timeout': '0',
      ...commonHeaders(this.#header, invocation),
      'x-fc-function-type': String(type),
    }
  }
}

run(new GoAdapter())
