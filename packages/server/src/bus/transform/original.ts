import { eventContentType } from './content-type.ts'
import type { Transform } from './transform.ts'

/** `ORIGINAL`: the whole event as structured JSON, byte for byte as it is stored. */
export function compileOriginal(): Transform {
  return { apply: event => ({ bytes: event, contentType: eventContentType }) }
}
