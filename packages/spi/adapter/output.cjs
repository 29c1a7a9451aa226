'use strict'
const fs = require('node:fs')

/** The last output that is kept to tell why a program did not start. */
const recentBytesMax = 4096

/** What the server writes around each invocation of runtimes whose code does not answer HTTP itself. */
const platformLines =
  /FC (?:Invoke|Initialize|PreStop|PreFreeze) (?:Start|End) RequestId: [\w-]+(?:, Error: [^\n]*)?\r?\n/g

/** Writes to standard output itself, blocking: nothing piles up here, and nothing is lost when the process ends. */
function writeBlocking(bytes) {
  let from = 0
  while (from < bytes.length) {
    try {
      from += fs.writeSync(1, bytes, from)
    } catch (error) {
      if (error.code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/**
 * Passes the output of the code's program on, with the marks of the protocol. Whose it is nobody can tell when several
 * invocations run: then it has no owner.
 */
class Output {
  #owner
  #recent = Buffer.alloc(0)
  #keepsRecent = true
  #repeatsServer

  /**
   * `owner()` gives the invocation `{ requestId, openLine }` that output of now belongs to, or `undefined`.
   * `repeatsServer`: the program prints the lines that the server writes too; they are left out.
   */
  constructor(owner, repeatsServer) {
    this.#owner = owner
    this.#repeatsServer = repeatsServer
  }

  /** `name` is `o` for standard output and `e` for standard error. */
  relay(stream, name) {
    stream.on('data', chunk => this.#pass(name, this.#repeatsServer ? withoutPlatformLines(chunk) : chunk))
    stream.on('error', () => {})
  }

  /** Output without a line feed at its end is a line nevertheless, once its invocation is over. */
  endLines(owner) {
    for (const name of ['o', 'e']) {
      if (owner.openLine[name]) this.#write(owner, name, Buffer.from('\n'))
      owner.openLine[name] = false
    }
  }

  /** What the program has written last, up to now. */
  get recent() {
    return this.#recent.toString()
  }

  stopKeeping() {
    this.#keepsRecent = false
    this.#recent = Buffer.alloc(0)
  }

  #pass(name, chunk) {
    if (chunk.length === 0) return
    if (this.#keepsRecent) this.#recent = Buffer.concat([this.#recent, chunk]).subarray(-recentBytesMax)
    this.#write(this.#owner(), name, chunk)
  }

  #write(owner, name, chunk) {
    const head = Buffer.from(`\x1e${owner === undefined ? '' : owner.requestId} ${name}\x1f`)
    writeBlocking(Buffer.concat([head, chunk, Buffer.from('\x1e\x1f')]))
    if (owner !== undefined) owner.openLine[name] = chunk.at(-1) !== 10
  }
}

function withoutPlatformLines(chunk) {
  if (!chunk.includes(' RequestId: ')) return chunk
  const text = chunk.toString('latin1')
  // Behind a line that was not ended, it ends that line.
  const kept = text.replace(platformLines, (_line, from) =>
    from === 0 || text[from - 1] === '\n' ? '' : '\n',
  )
  return Buffer.from(kept, 'latin1')
}

module.exports = { Output }
