import { connect } from 'node:net'
import { encodeFrame, type Frame, FrameReader, frameType, type FrameType } from '@millrace/spi'

/** What an invocation asks this program to do; its payload as JSON. */
export interface Order {
  readonly head?: object
  /** So many parts of so many bytes each. */
  readonly parts?: number
  readonly bytes?: number
  /** Sends without waiting for room. */
  readonly greedy?: boolean
  readonly end?: 'result' | 'error' | 'never'
}

const windowBytes = 1_024 * 1_024
const socket = connect(process.env['MILLRACE_SOCKET'] ?? '')
const room = new Map<number, { bytes: number; wake: () => void }>()
let hooks: { preStop?: unknown; preFreeze?: unknown } = {}

function send(type: FrameType, channel: number, header?: object, payload?: Uint8Array): void {
  for (const chunk of encodeFrame(type, channel, header, payload)) socket.write(chunk)
}

async function roomFor(own: { bytes: number; wake: () => void }, bytes: number): Promise<void> {
  while (own.bytes < bytes) {
    await new Promise<void>(resolve => {
      own.wake = resolve
    })
  }
}

async function run(
  channel: number,
  { head, parts = 0, bytes = 0, greedy, end = 'result' }: Order,
): Promise<void> {
  const own = { bytes: windowBytes, wake: () => {} }
  room.set(channel, own)
  if (head !== undefined) send(frameType.head, channel, head)
  for (let part = 0; part < parts; part++) {
    if (greedy !== true) await roomFor(own, bytes)
    own.bytes -= bytes
    send(frameType.data, channel, {}, Buffer.alloc(bytes, String(part % 10)))
    process.stdout.write(`sent ${part}\n`)
  }
  if (end === 'result') send(frameType.result, channel, { durationMs: 1, memoryKiB: 2 })
  const failure = { kind: 'unhandled', errorType: 'Error', errorMessage: 'late', stackTrace: [] }
  if (end === 'error') send(frameType.error, channel, failure)
}

function onFrame({ type, channel, header, payload }: Frame): void {
  if (type === frameType.initialize) {
    hooks = header
    send(frameType.initialized, 0, { durationMs: 1, memoryKiB: 1 })
  } else if (type === frameType.invoke) {
    void run(channel, payload.length === 0 ? {} : (JSON.parse(Buffer.from(payload).toString()) as Order))
  } else if (type === frameType.credit) {
    const own = room.get(channel)
    if (own !== undefined) own.bytes += Number(header['bytes'])
    own?.wake()
  } else if (type === frameType.freeze) {
    process.stdout.write(`freezing by ${String(hooks.preFreeze)}\n`)
    send(frameType.frozen, 0, { durationMs: 1 })
  } else if (type === frameType.drain) {
    process.stdout.write(`stopping by ${String(hooks.preStop)}\n`)
    send(frameType.leaving, 0)
    socket.end(() => process.exit(0))
  }
}

const reader = new FrameReader()
socket.on('data', chunk => {
  for (const frame of reader.push(chunk)) onFrame(frame)
})
socket.on('close', () => process.exit(0))
send(frameType.hello, 0, { protocol: 1, language: 'test', version: '1' })
