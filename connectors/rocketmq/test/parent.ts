import { systemClock } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'
import { childrenOf } from './processes.ts'
import { openSink } from './open.ts'

/** A parent for tests: writes one message, tells the number of its client process, and lives on, unless told `once`. */
const [endpoint = '', topic = '', mode] = process.argv.slice(2)
const sink = openSink({ endpoints: [endpoint], topic })
const [outcome] = await sink.write([outgoing('1')], new AbortController().signal)
if (outcome?.status !== 'ok') throw new Error(JSON.stringify(outcome))
if (mode === 'once') await sink[Symbol.asyncDispose]()
else {
  process.send?.(childrenOf(process.pid)[0])
  // Keeps the process alive; timers of the system clock do not.
  process.on('message', () => void systemClock.nowMs())
}
