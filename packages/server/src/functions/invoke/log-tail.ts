import type { LogLine } from '../logs/index.ts'
import type { Metering } from './result.ts'

/** So much of the lines is given, the newest (function-compute section 3.3). */
const tailBytesMax = 4 * 1_024

/** The newest lines of an invocation, a blank line, and what it cost. */
export function logTail(lines: readonly LogLine[], metering: Metering): Uint8Array {
  const text = Buffer.from(lines.map(line => `${line.text}\n`).join(''))
  const kept = text.subarray(firstWhole(text, Math.max(0, text.length - tailBytesMax)))
  const { durationMs, billedMs, memoryMiB, memoryKiBMax } = metering
  const summary =
    `Duration: ${durationMs.toFixed(2)} ms, Billed Duration: ${Math.ceil(billedMs)} ms, ` +
    `Memory Size: ${memoryMiB} MB, Max Memory Used: ${(memoryKiBMax / 1_024).toFixed(2)} MB`
  return Buffer.concat([kept, Buffer.from(`\n${summary}`)])
}

/** The next place that does not lie within a character. */
function firstWhole(text: Buffer, from: number): number {
  let start = from
  while (start < text.length && ((text[start] as number) & 0xc0) === 0x80) start++
  return start
}
