import { contentTypeOf } from './content-type.ts'
import { checkLength } from './length.ts'
import type { Transform } from './transform.ts'

/** `CONSTANT`: always the same text; `${…}` in it means nothing. */
export function compileConstant(value: string): Transform {
  checkLength('value', value)
  const result = { bytes: new TextEncoder().encode(value), contentType: contentTypeOf(value) }
  return { apply: () => result }
}
