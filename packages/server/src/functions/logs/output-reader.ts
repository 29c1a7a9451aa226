import type { Readable } from 'node:stream'
import type { Clock } from '@millrace/spi'
import { type OutputLine, OutputSplitter } from './output-splitter.ts'

/** Output of one instance that is kept per second; what exceeds it is read, counted and thrown away. */
export const outputBytesPerSecondMax = 1_024 * 1_024
/** So much may come at once before the rate counts. */
const burstBytesMax = 4 * outputBytesPerSecondMax

/**
 * Reads an output of an instance for as long as it is open, never slower than it is written: the code must not be
 * able to stall itself against the server, nor the server's other work. A flood costs the reading alone.
 */
export function readOutput(
  output: Readable,
  stream: OutputLine['stream'],
  clock: Clock,
  emit: (line: OutputLine) => void,
): void {
  const splitter = new OutputSplitter(stream, emit)
  let allowance = burstBytesMax
  let refilledAtMs = clock.nowMs()
  let discarded = 0
  const tellDiscarded = (): void => {
    if (discarded === 0) return
    emit({
      requestId: undefined,
      stream: 'platform',
      text: `${discarded} bytes of output were discarded: more than ${outputBytesPerSecondMax} bytes a second`,
    })
    discarded = 0
  }
  output.on('data', (chunk: Buffer) => {
    const nowMs = clock.nowMs()
    const refill = ((nowMs - refilledAtMs) / 1_000) * outputBytesPerSecondMax
    allowance = Math.min(burstBytesMax, allowance + Math.max(0, refill))
    refilledAtMs = nowMs
    if (chunk.length > allowance) {
      if (discarded === 0) splitter.end()
      discarded += chunk.length
      return
    }
    tellDiscarded()
    allowance -= chunk.length
    splitter.push(chunk)
  })
  output.on('close', () => {
    splitter.end()
    tellDiscarded()
  })
  output.on('error', () => {})
}
