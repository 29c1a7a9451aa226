import { compileLocator } from './locate.ts'
import { parsePath } from './path-syntax.ts'
import { decode, isContainer, valueBytes } from './value-text.ts'

/** A definite path, compiled: it addresses one value of an event, or none. */
export interface Path {
  readonly text: string
  /**
   * The value in the event, as section 6 of the compatible protocol puts it into texts; undefined where there is none.
   * `event` is valid JSON in UTF-8. The bytes may share the event's memory.
   */
  read(event: Uint8Array): PathValue | undefined
  /** {@link read} as a string, for keys. */
  readText(event: Uint8Array): string | undefined
}

export interface PathValue {
  /** UTF-8: a string without quotes, another primitive as written, an object or array as compact JSON. */
  readonly bytes: Uint8Array
  readonly isContainer: boolean
}

/**
 * Compiles a definite JSONPath such as `$.data.items[0]['unit price']`.
 *
 * @param place where the path stands in a specification, for the refusal
 * @throws AppError `transform.invalid` for whatever is no path, or may address more than one value
 */
export function compilePath(text: string, place = 'path'): Path {
  const locate = compileLocator([parsePath(text, place)])
  const read = (event: Uint8Array): PathValue | undefined => {
    const [start = -1, end = -1] = locate(event)
    if (start === -1) return undefined
    return { bytes: valueBytes(event, start, end), isContainer: isContainer(event, start) }
  }
  return {
    text,
    read,
    readText(event) {
      const value = read(event)
      return value === undefined ? undefined : decode(value.bytes)
    },
  }
}
