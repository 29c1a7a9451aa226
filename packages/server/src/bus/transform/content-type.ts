const json = 'application/json'
const plain = 'text/plain; charset=utf-8'

/** The media type of a structured CloudEvent. */
export const eventContentType = 'application/cloudevents+json; charset=utf-8'

/**
 * The media type of a text: JSON when it is a JSON object or array, else plain text. Single numbers, literals and
 * quoted strings count as plain text, so that the type of `$.data.order` does not depend on how one producer wrote it.
 * Costs one look at the first character for plain text, one `JSON.parse` for what begins like an object or array.
 */
export function contentTypeOf(text: string): string {
  return /^[\t\n\r ]*[[{]/.test(text) && isJson(text) ? json : plain
}

/** {@link contentTypeOf} for the value of a path, where an object or array is known to be JSON. */
export function contentTypeOfValue(isContainer: boolean, text: () => string): string {
  return isContainer ? json : contentTypeOf(text())
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
