import { duplexPair, Readable } from 'node:stream'
import type { Socket } from 'node:net'
import { type Clock, encodeFrame, FrameReader, type FrameType, frameType } from '@millrace/spi'
import type { Exit, SandboxedProcess } from '../sandbox/index.ts'
import { Connection } from './connection.ts'
import { silentJournal } from './duties.ts'
import { defaultInstanceTimes, Instance } from './instance.ts'

/** A real instance whose program runs in this process: it answers an invocation when it is told to. */
export interface Simulated {
  readonly instance: Instance
  /** Answers the oldest invocation that runs; false when none does. */
  answer(): boolean
}

export async function simulatedInstance(id: string, clock: Clock): Promise<Simulated> {
  const [near, far] = duplexPair()
  const exited = Promise.withResolvers<Exit>()
  const process: SandboxedProcess = {
    processId: 1,
    output: Readable.from([]),
    errorOutput: Readable.from([]),
    exited: exited.promise,
    kill() {
      exited.resolve({ code: null, signal: 'SIGKILL' })
      far.destroy()
      near.destroy()
    },
    seenPath: path => path,
    freeze: () => {},
    thaw: () => {},
    memoryKiB: () => undefined,
    cpuMs: () => undefined,
  }
  const running: number[] = []
  const send = (type: FrameType, channel: number, header: object): void => {
    for (const chunk of encodeFrame(type, channel, header, undefined)) far.write(chunk)
  }
  let draining = false
  const leave = (): void => {
    if (!draining || running.length > 0) return
    send(frameType.leaving, 0, {})
    far.end(() => process.kill())
  }
  const reader = new FrameReader()
  far.on('data', (chunk: Buffer) => {
    for (const { type, channel } of reader.push(chunk)) {
      if (type === frameType.initialize) send(frameType.initialized, 0, { durationMs: 1, memoryKiB: 1 })
      else if (type === frameType.invoke) running.push(channel)
      else if (type === frameType.drain) draining = true
      leave()
    }
  })
  const connection = new Connection(
    near as unknown as Socket,
    frame => instance.onFrame(frame),
    () => instance.onDisconnected(),
  )
  const instance: Instance = new Instance(id, process, '/tmp', connection, clock, defaultInstanceTimes)
  const header = { codePath: '/', handler: 'h', environment: {}, requestId: 'r', context: {} }
  const duties = {
    initializerTimeoutMs: 1_000,
    preStopMs: undefined,
    freezes: false,
    preFreezeMs: undefined,
    journal: silentJournal,
  }
  await instance.initialize(header, duties)
  return {
    instance,
    answer() {
      const channel = running.shift()
      if (channel === undefined) return false
      send(frameType.result, channel, { durationMs: 1, memoryKiB: 1 })
      leave()
      return true
    },
  }
}
