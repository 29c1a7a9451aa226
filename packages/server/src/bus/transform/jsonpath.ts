import { contentTypeOfValue } from './content-type.ts'
import { checkLength } from './length.ts'
import { compilePath } from './path.ts'
import type { Transform } from './transform.ts'
import { decode } from './value-text.ts'

/** `JSONPATH`: the one value that a definite path addresses; nothing where the event has no such value. */
export function compileJsonPath(value: string): Transform {
  checkLength('value', value)
  const path = compilePath(value, 'value')
  return {
    apply(event) {
      const found = path.read(event)
      if (found === undefined) return undefined
      return {
        bytes: found.bytes,
        contentType: contentTypeOfValue(found.isContainer, () => decode(found.bytes)),
      }
    },
  }
}
