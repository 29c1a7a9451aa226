import { AppError, retryNever } from '@millrace/spi'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * The value of a JSON body, or why it is none. A member `__proto__` is refused: code that copies such an object would
 * change its prototype. The parser's own message is not passed on, because it quotes the body.
 */
export function parseJson(body: Uint8Array): { readonly value: unknown } | AppError {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    return invalidJson('the body is not well-formed UTF-8')
  }
  if (text.length === 0) return invalidJson('the body is empty')
  try {
    return { value: JSON.parse(text, protoExpression.test(text) ? refusePrototype : undefined) as unknown }
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
    return invalidJson(`the body is not well-formed JSON${placeOf(thrown)}`)
  }
}

/** Also written with escapes: only then, and when it stands there plainly, is the slower parsing worth it. */
const protoExpression = /"__proto__"|\\u005f/i

function refusePrototype(name: string, value: unknown): unknown {
  if (name === '__proto__') throw invalidJson('the body has a member __proto__')
  return value
}

function placeOf(thrown: unknown): string {
  const position = /at position (\d+)/.exec(thrown instanceof Error ? thrown.message : '')?.[1]
  return position === undefined ? '' : ` at character ${position}`
}

function invalidJson(message: string): AppError {
  return new AppError('http.invalid-json', message, retryNever)
}
