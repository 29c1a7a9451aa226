'use strict'
const { streamWindowBytes, toServer } = require('./frames.cjs')

/** One invocation, from its `invoke` frame to its answer. */
class Call {
  channel
  header
  payload
  startedAt = performance.now()
  openLine = {}
  /** The server has said that nobody waits for the answer any more. */
  cancelled = false
  /** A part of the answer is on its way already. */
  hasBegun = false
  /** Called when that happens. */
  onCancel = () => {}
  /** Called when there is room again after `write` has said that there is none. */
  onRoom = () => {}
  #send
  #underWayBytes = 0
  /** A part that was given, and for which there was no room. */
  #rest = Buffer.alloc(0)
  #onFlushed

  constructor(channel, header, payload, send) {
    this.channel = channel
    this.header = header
    this.payload = payload
    this.#send = send
  }

  get requestId() {
    return this.header.requestId
  }

  cancel() {
    if (this.cancelled) return
    this.cancelled = true
    this.#onFlushed?.()
    this.onCancel()
  }

  /** Begins an answer that comes in parts. */
  begin(header) {
    this.hasBegun = true
    this.#send(toServer.head, this.channel, header)
  }

  /** Sends a part of the answer, as far as there is room. False: wait for `onRoom` before the next. */
  write(chunk) {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#flush()
    return this.#underWayBytes < streamWindowBytes
  }

  /** Resolves when all that was given has been sent, or the invocation is cancelled: then nobody wants it. */
  async flushed() {
    if (this.#rest.length === 0 || this.cancelled) return
    await new Promise(resolve => {
      this.#onFlushed = resolve
    })
  }

  credit(bytes) {
    this.#underWayBytes = Math.max(0, this.#underWayBytes - bytes)
    this.#flush()
    if (this.#underWayBytes < streamWindowBytes) this.onRoom()
  }

  #flush() {
    const part = this.#rest.subarray(0, streamWindowBytes - this.#underWayBytes)
    if (part.length > 0) {
      this.#underWayBytes += part.length
      this.#rest = this.#rest.subarray(part.length)
      this.#send(toServer.data, this.channel, undefined, part)
    }
    if (this.#rest.length === 0) this.#onFlushed?.()
  }
}

module.exports = { Call }
