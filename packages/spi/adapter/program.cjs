'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { Failure } = require('./failure.cjs')

/** A program that was asked to end has so long for it. */
const endGraceMs = 500
/** After the end of the program its output is read so long: what it left behind may hold it open for ever. */
const outputGraceMs = 200

/** How the compatible protocol names an exit code (function-compute section 3.5). */
const exitCodeTexts = {
  1: 'operation not permitted',
  2: 'no such file or directory',
  8: 'exec format error',
  13: 'permission denied',
  127: 'key has expired',
}

/** The code's own program, in the process group of the adapter, so that it ends with it whatever happens. */
class Program {
  #child
  #command
  #output
  #exit
  #memoryKiB = 0
  #hasEnded = false
  /** Resolves with `{ code, signal }` when it has ended and its output is read. */
  exited

  /** Throws a `Failure` when there is no such file, or it must not be run. `command`: program and arguments. */
  constructor({ command, folder, environment, output }) {
    const [file, ...args] = command
    const executable = findExecutable(file, folder, environment.PATH)
    this.#command = command
    this.#output = output
    const stdio = ['ignore', 'pipe', 'pipe']
    this.#child = spawn(executable, args, { argv0: file, cwd: folder, env: environment, stdio })
    output.relay(this.#child.stdout, 'o')
    output.relay(this.#child.stderr, 'e')
    this.exited = this.#ending()
  }

  /** Largest resident memory so far. */
  get memoryKiB() {
    try {
      const status = fs.readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
      const peak = /^VmHWM:\s*(\d+) kB/m.exec(status)
      if (peak !== null) this.#memoryKiB = Math.max(this.#memoryKiB, Number(peak[1]))
    } catch {
      // It has ended, or the system has no such folder: the last figure stands.
    }
    return this.#memoryKiB || process.resourceUsage().maxRSS
  }

  /** Rejects with a `Failure` when the program ends; never resolves. */
  async untilExit() {
    await this.exited
    throw this.exitFailure
  }

  /** Whether it has ended; `exited` may still wait for the last of its output. */
  get hasEnded() {
    return this.#hasEnded
  }

  /** Why it is no use waiting for it any more. */
  get exitFailure() {
    const { code, signal, error } = this.#exit
    const status = signal ?? code
    const text = error ?? exitCodeTexts[code]
    const message = text === undefined ? '' : `, message:${text}`
    const start = `${this.#command.join(' ')} `
    return new Failure(
      'unhandled',
      'CAExited',
      `Function instance exited unexpectedly(code ${status}${message}) with start command '${start}'.\nLogs:${this.#output.recent}`,
    )
  }

  /** Ends it at once, without waiting. */
  kill() {
    this.#child.kill('SIGKILL')
  }

  /** Asks it to end, then makes it; resolves when it has. */
  async end() {
    if (this.#exit === undefined) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), endGraceMs)
    await this.exited
    clearTimeout(timer)
  }

  #ending() {
    return new Promise(resolve => {
      const finish = exit => {
        this.#hasEnded = true
        this.#exit ??= exit
        resolve(this.#exit)
      }
      this.#child.on('error', error =>
        finish({ code: 127, signal: null, error: error.code ?? error.message }),
      )
      this.#child.on('exit', (code, signal) => {
        this.#hasEnded = true
        setTimeout(finish, outputGraceMs, { code, signal })
      })
      this.#child.on('close', (code, signal) => finish({ code, signal }))
    })
  }
}

/**
 * A name with a `/` is of the code, another one is looked for in the search path and then in the code. Refuses what is not
 * there or not executable, in the words of the compatible protocol.
 */
function findExecutable(file, folder, searchPath = '') {
  const own = path.resolve(folder, file)
  const candidates = file.includes('/') ? [] : searchPath.split(':').map(entry => path.join(entry, file))
  const found = [...candidates, own].find(isFile)
  if (found === undefined) throw startFailure('CAFileNotFound', `the file ${own} is not exist`)
  try {
    fs.accessSync(found, fs.constants.X_OK)
  } catch {
    throw startFailure('CAFilePermission', `the file ${found} is not executable: permission denied`)
  }
  return found
}

function isFile(candidate) {
  return fs.statSync(candidate, { throwIfNoEntry: false })?.isFile() ?? false
}

function startFailure(errorType, reason) {
  const message = `The function cannot be started. Failed to start function instance. Error: ${reason}`
  return new Failure('unhandled', errorType, message)
}

module.exports = { Program }
