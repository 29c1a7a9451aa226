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
    this.onCancel()
  }

  /** Begins an answer that comes in parts. */
  begin(header) {
    this.hasBegun = true
    this.#send(toServer.head, this.channel, header)
  }

  /** Sends a part of the answer. False: wait for `onRoom` before the next. */
  write(chunk) {
    this.#underWayBytes += chunk.length
    this.#send(toServer.data, this.channel, undefined, chunk)
    return this.#underWayBytes < streamWindowBytes
  }

  credit(bytes) {
    const wasFull = this.#underWayBytes >= streamWindowBytes
    this.#underWayBytes = Math.max(0, this.#underWayBytes - bytes)
    if (wasFull && this.#underWayBytes < streamWindowBytes) this.onRoom()
  }
}

module.exports = { Call }
