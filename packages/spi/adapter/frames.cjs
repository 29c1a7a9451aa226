'use strict'
/**
 * The frames of docs/reference/runtime-protocol.md, for programs that start by themselves: no TypeScript, nothing of the
 * workspace, as little to load as can be.
 */
const frameBytesMax = 33 * 1024 * 1024
const headerBytesMax = 512 * 1024
/** Payloads up to this size are copied behind their header: one write is cheaper than the copy. */
const joinedPayloadBytesMax = 32 * 1024

const protocolVersion = 1
const resultBytesMax = 32 * 1024 * 1024
/** Bytes of `data` that may be under way on one channel beyond those that `credit` has given back. */
const streamWindowBytes = 1024 * 1024

const toInstance = { initialize: 1, invoke: 2, cancel: 3, drain: 4, ping: 5, freeze: 6, credit: 7 }
const toServer = {
  hello: 65,
  initialized: 66,
  result: 67,
  error: 68,
  pong: 69,
  leaving: 70,
  frozen: 71,
  head: 72,
  data: 73,
  health: 74,
}

/** Writes one frame to a socket. */
function writeFrame(socket, frameType, channel, header, payload) {
  const text = header === undefined ? '' : JSON.stringify(header)
  const headerLength = Buffer.byteLength(text)
  const payloadLength = payload === undefined ? 0 : payload.length
  const joined = payloadLength > 0 && payloadLength <= joinedPayloadBytesMax
  const first = Buffer.allocUnsafe(13 + headerLength + (joined ? payloadLength : 0))
  first.writeUInt32BE(9 + headerLength + payloadLength, 0)
  first[4] = frameType
  first.writeUInt32BE(channel, 5)
  first.writeUInt32BE(headerLength, 9)
  first.write(text, 13, 'utf8')
  if (joined) first.set(payload, 13 + headerLength)
  socket.write(first)
  if (payloadLength > 0 && !joined) socket.write(payload)
}

function lengthOf(bytes) {
  const length = bytes.readUInt32BE(0)
  if (length < 9 || length > frameBytesMax) throw new Error(`frame length ${length} is not allowed`)
  return length
}

function decode(frame, onFrame) {
  const headerLength = frame.readUInt32BE(5)
  const headerEnd = 9 + headerLength
  if (headerLength > headerBytesMax || headerEnd > frame.length) throw new Error('a header exceeds its frame')
  const header = headerLength === 0 ? {} : JSON.parse(frame.toString('utf8', 9, headerEnd))
  onFrame(frame[0], frame.readUInt32BE(1), header, frame.subarray(headerEnd))
}

/**
 * Returns a function that is given the chunks of a stream and calls `onFrame(type, channel, header, payload)` for each
 * frame in it. It throws when the stream breaks the protocol.
 */
function frameReader(onFrame) {
  let pending // the frame that is being filled; of 4 bytes while its length is not known
  let filled = 0
  return chunk => {
    let rest = chunk
    while (rest.length > 0) {
      if (pending === undefined && rest.length >= 4 && rest.length >= 4 + lengthOf(rest)) {
        const end = 4 + lengthOf(rest)
        decode(rest.subarray(4, end), onFrame)
        rest = rest.subarray(end)
        continue
      }
      if (pending === undefined) {
        pending = Buffer.allocUnsafe(4)
        filled = 0
      }
      const taken = rest.copy(pending, filled)
      filled += taken
      rest = rest.subarray(taken)
      if (filled < pending.length) return
      if (pending.length === 4) {
        const grown = Buffer.allocUnsafe(4 + lengthOf(pending))
        pending.copy(grown)
        pending = grown
      } else {
        const frame = pending.subarray(4)
        pending = undefined
        decode(frame, onFrame)
      }
    }
  }
}

module.exports = {
  frameReader,
  protocolVersion,
  resultBytesMax,
  streamWindowBytes,
  toInstance,
  toServer,
  writeFrame,
}
