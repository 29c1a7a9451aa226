import { isUtf8 } from 'node:buffer'
import { CloudEventError } from './errors.ts'
import { JsonScanner } from './json-scanner.ts'
import { tooMuch } from './refusals.ts'

/**
 * A view of the one JSON value that the bytes hold, without the white space around it; undefined when they hold
 * anything else. Throws `cloudevents.too-deep` for a value that is nested deeper than `depthMax`.
 */
export function jsonValueIn(bytes: Buffer, depthMax: number): Buffer | undefined {
  if (!isUtf8(bytes)) return undefined
  const scanner = new JsonScanner(bytes)
  const start = scanner.space(0)
  const end = endOfValue(scanner, start)
  if (end === undefined || scanner.space(end) !== bytes.length) return undefined
  const depth = scanner.depthSeen
  if (depth > depthMax)
    throw tooMuch('cloudevents.too-deep', 'The data', 'levels of nesting', depthMax, depth)
  return bytes.subarray(start, end)
}

function endOfValue(scanner: JsonScanner, start: number): number | undefined {
  try {
    return scanner.value(start)
  } catch (error) {
    if (error instanceof CloudEventError) return undefined
    throw error
  }
}
